import { mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createResultFolder, readJson } from "./result-folder.ts";

const PLAN = { workload: "shopping-cart", seed: 7 };
const WALL_MS = Date.UTC(2026, 10, 23, 3, 15, 2, 456);

let results: string;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "result-folder-test-"));
});

afterEach(async () => {
  await rm(results, { recursive: true, force: true });
});

describe("createResultFolder()", () => {
  it("names the folder by UTC time and seed and points latest to the newest", async () => {
    const first = await createResultFolder(results, PLAN, WALL_MS);
    expect(first.path).toBe(join(results, "shopping-cart", "20261123T031502Z-7"));
    expect(await readlink(join(results, "latest"))).toBe("shopping-cart/20261123T031502Z-7");
    const second = await createResultFolder(results, PLAN, WALL_MS);
    expect(second.path).toBe(`${first.path}-2`);
    expect(await readlink(join(results, "latest"))).toBe("shopping-cart/20261123T031502Z-7-2");
  });

  it("keeps what was appended to the history, and refuses to write over one", async () => {
    const folder = await createResultFolder(results, PLAN, WALL_MS);
    const history = folder.openHistory();
    await history.write("one\n");
    expect(await readFile(join(folder.path, "history.jsonl"), "utf8")).toBe("one\n");
    await history.write("two\n");
    await history.close();
    const again = folder.openHistory();
    await expect(again.write("three\n")).rejects.toThrow(/Cannot write .*history\.jsonl: EEXIST/);
    await again.close();
    expect(await readFile(join(folder.path, "history.jsonl"), "utf8")).toBe("one\ntwo\n");
  });

  it("reports a file that cannot be written in one sentence", async () => {
    const folder = await createResultFolder(results, PLAN, WALL_MS);
    await expect(folder.writeText("missing/file", "text")).rejects.toThrow(
      /^Cannot write .*missing\/file: ENOENT/,
    );
  });

  it("refuses a place where no folder can be", async () => {
    await expect(createResultFolder("/dev/null/results", PLAN, WALL_MS)).rejects.toThrow(
      "Cannot make the result folder /dev/null/results/shopping-cart: ENOTDIR",
    );
  });
});

describe("readJson()", () => {
  it("says which file is no JSON", async () => {
    const folder = await createResultFolder(results, PLAN, WALL_MS);
    await folder.writeText("plan.json", "{");
    const path = join(folder.path, "plan.json");
    await expect(readJson(path)).rejects.toThrow(`Cannot read ${path}: it is not JSON`);
  });
});
