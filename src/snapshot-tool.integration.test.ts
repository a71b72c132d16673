import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "snapshot-tool-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(program: "snapshot" | "restore", args: readonly string[]) {
  return execa(process.execPath, [join(import.meta.dirname, `${program}.ts`), ...args], {
    reject: false,
  });
}

const FROM = ["--from", "http://127.0.0.1:1"];

describe("npm run snapshot, npm run restore", () => {
  test.each<readonly ["snapshot" | "restore", readonly string[], RegExp]>([
    ["snapshot", [], /^Cannot begin without --from: give the URLs/],
    ["snapshot", FROM, /^Cannot begin without --to: give a folder/],
    [
      "snapshot",
      ["--from", "127.0.0.1:1", "--to", "x"],
      /^Cannot use --from "127.0.0.1:1": allowed/,
    ],
    [
      "snapshot",
      ["--from", "http://u:p@a:1", "--to", "x"],
      /^Cannot use --from "http:\/\/…@a:1": allowed/,
    ],
    [
      "restore",
      ["--from", "x", "--to", "http://a:1,http://u:p,q@a:99999"],
      /^Cannot use --to "http:\/\/…@a:99999": allowed/,
    ],
    ["snapshot", ["--from", "http://a/b", "--to", "x"], /^Cannot use --from "http:\/\/a\/b"/],
    ["snapshot", [...FROM, "--to", "x", "--every", "1w"], /^Cannot use --every 1w: allowed is/],
    ["snapshot", [...FROM, "--to", "x", "--every", "1h", "--keep", "0"], /^Cannot use --keep 0:/],
    ["snapshot", [...FROM, "--to", "x", "--keep", "3"], /^Cannot use --keep without --every$/],
    ["snapshot", [...FROM, "--to", "x", "--fast"], /^Cannot read the arguments: Unknown option/],
    ["restore", ["--from", "x"], /^Cannot begin without --to: give the URLs/],
  ])("%s %j ends with 64 and one line", async (program, args, line) => {
    const { exitCode, stderr, stdout } = await run(program, args);
    expect([exitCode, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain("\n");
  });

  test("end with 70 and one line where nodes or files are not there, and leave no snapshot", async () => {
    const silent = await run("snapshot", [...FROM, "--to", join(folder, "to")]);
    expect([silent.exitCode, silent.stderr]).toEqual([
      70,
      expect.stringMatching(/^Cannot reach the cluster: [^\n]*ECONNREFUSED[^\n]*$/),
    ]);
    expect(await readdir(join(folder, "to"))).toEqual([]);
    const nothing = await run("restore", ["--from", join(folder, "none"), "--to", "http://a:1"]);
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      70,
      expect.stringMatching(/^Cannot read the folder [^\n]*ENOENT[^\n]*$/),
    ]);
    const empty = await run("restore", ["--from", join(folder, "to"), "--to", "http://a:1"]);
    expect([empty.exitCode, empty.stderr]).toEqual([
      64,
      "Cannot find a snapshot: there is no manifest.json",
    ]);
  });

  test("explain themselves", async () => {
    for (const program of ["snapshot", "restore"] as const) {
      const { exitCode, stdout } = await run(program, ["--help"]);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`npm run ${program} --`)]);
    }
  });
});
