import { describe, expect, it } from "vitest";
import { dockerError } from "./docker-error.ts";

describe("dockerError()", () => {
  const cases: readonly (readonly [what: string, printed: string, sentence: string])[] = [
    [
      "no engine",
      "Cannot connect to the Docker daemon at unix:///nowhere.sock. Is the docker daemon running?",
      "no engine answers (is dockerd running?",
    ],
    [
      "no permission",
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      "no permission on the engine's socket",
    ],
    ["no space", "write /data/x: no space left on device", "the engine's disk is full"],
    [
      "a port",
      "Error response from daemon: driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated",
      "a port is taken",
    ],
    [
      "no network left",
      "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
      "the engine has no network address left",
    ],
  ];

  it.each(cases)("names %s, and what Docker said", (_what, printed, sentence) => {
    const { message } = dockerError("start the nodes", `Creating n1 ...\n${printed}\n\n`);
    expect(message).toContain(`Cannot start the nodes: ${sentence}`);
    expect(message.split("\n")).toHaveLength(1);
  });

  it("gives the last line that says something where it knows no better", () => {
    const printed =
      "Step 1/9\nError response from daemon: pull access denied\nSee 'docker run --help'.\n";
    expect(dockerError("pull x", printed).message).toBe("Cannot pull x: pull access denied");
  });

  it("gives the reason and not what the runtime adds to it", () => {
    const printed = "Error response from daemon: unable to set memory limit to 1\n: unknown\n";
    expect(dockerError("limit n1", printed).message).toBe(
      "Cannot limit n1: unable to set memory limit to 1",
    );
  });

  it("says so where nothing was printed", () => {
    expect(dockerError("pull x", "").message).toBe("Cannot pull x: it ended without saying why");
  });
});
