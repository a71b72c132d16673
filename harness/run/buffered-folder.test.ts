import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bufferedFolder } from "./buffered-folder.ts";
import type { ResultFolder } from "./result-folder.ts";
import { createResultFolder } from "./result-folder.ts";

let results: string;
let folder: ResultFolder;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "buffered-folder-test-"));
  folder = await createResultFolder(results, { workload: "test", seed: 1 }, 0);
});
afterEach(() => rm(results, { recursive: true, force: true }));

describe("bufferedFolder()", () => {
  test("writes nothing before flush(), and then the last of each file and the whole history", async () => {
    const buffered = bufferedFolder(folder);
    const history = buffered.openHistory();
    await buffered.writeJson("plan.json", { old: true });
    await buffered.writeJson("plan.json", { seed: 1 });
    await buffered.writeText("a.txt", "text");
    await history.write("one\n");
    await history.write("two\n");
    await history.close();
    expect(await readdir(folder.path)).toEqual(["nodes"]);
    await buffered.flush();
    const text = (name: string) => readFile(join(folder.path, name), "utf8");
    expect(await text("plan.json")).toBe('{\n  "seed": 1\n}\n');
    expect(await text("a.txt")).toBe("text");
    expect(await text("history.jsonl")).toBe("one\ntwo\n");
    expect(buffered).toMatchObject({ path: folder.path, logFolder: folder.logFolder });
  });

  test("flush() rejects where a file cannot be written, and lets go of the history", async () => {
    let closed = 0;
    const full = {
      write: () => Promise.reject(new Error("Cannot write history.jsonl: no space")),
      close: async () => {
        closed += 1;
      },
    };
    const buffered = bufferedFolder({ ...folder, openHistory: () => full });
    await buffered.openHistory().write("line\n");
    await expect(buffered.flush()).rejects.toThrow("Cannot write history.jsonl: no space");
    expect(closed).toBe(1);
  });
});
