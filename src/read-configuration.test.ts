import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigurationError } from "./node/checked-values.ts";
import { WRITTEN_CONFIGURATION } from "./node/testing/written-configuration.ts";
import { readConfiguration } from "./read-configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "read-configuration-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const configFile = file("node.json", JSON.stringify(WRITTEN_CONFIGURATION));

describe("readConfiguration()", () => {
  test("takes the environment where no file is given, and the file where one is", () => {
    const RINGSIDE_CONFIG = JSON.stringify({ ...WRITTEN_CONFIGURATION, clusterId: "other" });
    expect(readConfiguration(undefined, { RINGSIDE_CONFIG }).clusterId).toBe("other");
    expect(readConfiguration(configFile, { RINGSIDE_CONFIG }).clusterId).toBe("test");
  });

  test("lets RINGSIDE_NODE_ID go before nodeId", () => {
    const { nodeId: _, ...anybody } = WRITTEN_CONFIGURATION;
    const variables = { RINGSIDE_CONFIG: JSON.stringify(anybody), RINGSIDE_NODE_ID: "n2" };
    expect(readConfiguration(undefined, variables).nodeId).toBe("n2");
    expect(readConfiguration(configFile, { RINGSIDE_NODE_ID: "n2" }).nodeId).toBe("n2");
    expect(readConfiguration(configFile, { RINGSIDE_NODE_ID: "" }).nodeId).toBe("n1");
  });

  test("takes the secret of clusterSecretFile without the line end around it", () => {
    const secretFile = file("secret", "\n between us \n");
    const text = JSON.stringify({ ...WRITTEN_CONFIGURATION, clusterSecretFile: secretFile });
    const { clusterSecret } = readConfiguration(undefined, { RINGSIDE_CONFIG: text });
    expect(clusterSecret).toBe("between us");
  });

  test.each([
    ["nothing", "", "--config FILE is missing, and RINGSIDE_CONFIG is not set"],
    ["text that is no JSON", "{\n\nnodeId", "Cannot read RINGSIDE_CONFIG: "],
    ["a list", "[1]", "it is not a JSON object"],
    ["a member it does not know", changed({ nodeId: "n9" }), "node n9 is not among n1, n2"],
    [
      "a secret twice",
      changed({ clusterSecret: "a", clusterSecretFile: configFile }),
      "Cannot use clusterSecretFile: clusterSecret is given too",
    ],
    [
      "a secret's file that is not there",
      changed({ clusterSecretFile: join(folder, "absent") }),
      "Cannot use clusterSecretFile: ENOENT",
    ],
    [
      "a secret's file with nothing in it",
      changed({ clusterSecretFile: file("blank", " \n") }),
      "blank holds 0 characters, allowed are 1 to 1024",
    ],
  ])("refuses %s in one line", (_, text, message) => {
    const refusal = () => readConfiguration(undefined, { RINGSIDE_CONFIG: text });
    expect(refusal).toThrow(ConfigurationError);
    expect(refusal).toThrow(message);
    expect(refusal).not.toThrow("\n");
  });

  test("refuses a file that is not there in one line", () => {
    expect(() => readConfiguration(join(folder, "absent"), {})).toThrow(/^Cannot read .*ENOENT/);
  });
});

function changed(change: object): string {
  return JSON.stringify({ ...WRITTEN_CONFIGURATION, ...change });
}
