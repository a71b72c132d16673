/*
 * Aim: no committed mutant rots unseen. Method: each is applied to the sources as they are, all in one copy of `src`, one after
 * another, and taken back; what it makes of a file must still parse.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMutants } from "./read-mutants.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const MUTANTS_MIN = 100;
const EQUIVALENT_MAX = 5;
const CHANGED_LINES_MAX = 20;
const REFRESH = "refresh it as harness/mutants/README.md tells";

describe("committed mutants", async () => {
  const mutants = await readMutants(ROOT);
  const folder = mkdtempSync(join(tmpdir(), "ringside-committed-mutants-"));

  beforeAll(() => cpSync(join(ROOT, "src"), join(folder, "src"), { recursive: true }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("there are many, few of them said to be equivalent", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(MUTANTS_MIN);
    const equivalent = mutants.filter((mutant) => mutant.equivalent !== undefined);
    expect(equivalent.length).toBeLessThanOrEqual(EQUIVALENT_MAX);
  });

  test("no two do the same, and each is small", () => {
    expect(new Set(mutants.map(({ what }) => what)).size).toBe(mutants.length);
    expect(new Set(mutants.map(({ patch }) => patch)).size).toBe(mutants.length);
    const large = mutants.filter(({ patch }) => changesOf(patch).length > CHANGED_LINES_MAX);
    expect(large.map(({ name }) => name)).toEqual([]);
  });

  test("each applies to the sources, and what it makes of them parses", { timeout: 60_000 }, () => {
    const rotten: string[] = [];
    for (const { name, patch, files } of mutants) {
      const before = files.map(read);
      const problem = applied(patch) ?? unparsed(files);
      const same = files.find((file, at) => read(file) === before[at]);
      if (problem !== undefined) rotten.push(`${name}: ${problem}`);
      else if (same !== undefined) rotten.push(`${name}: it leaves ${same} as it was`);
      else applied(patch, "--reverse");
    }
    expect(rotten, REFRESH).toEqual([]);
  });

  test("a planted mutant that does not apply, and one that does not parse, are found", () => {
    const [mutant] = mutants;
    const patch = mutant?.patch ?? "";
    expect(applied(patch.replace(/^-(?!-)/m, "-planted "))).toMatch(/does not apply|corrupt/);
    const [file = ""] = mutant?.files ?? [];
    expect(applied(patch.replace(/^\+(?!\+)/m, "+const const "))).toBeUndefined();
    expect(unparsed([file])).toContain(file);
    expect(applied(patch.replace(/^\+(?!\+)/m, "+const const "), "--reverse")).toBeUndefined();
  });

  /** Why git refuses the patch, or undefined where the copy has it now. */
  function applied(patch: string, ...flags: readonly string[]): string | undefined {
    const args = ["apply", "-p1", "--recount", "--whitespace=nowarn", ...flags, "-"];
    const { status, stderr } = spawnSync("git", args, {
      cwd: folder,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) },
      input: patch,
      encoding: "utf8",
    });
    return status === 0 ? undefined : stderr.trim();
  }

  function unparsed(files: readonly string[]): string | undefined {
    for (const file of files) {
      try {
        stripTypeScriptTypes(read(file));
      } catch (error) {
        return `${file} does not parse: ${error instanceof Error ? error.message : error}`;
      }
    }
    return undefined;
  }

  function read(file: string): string {
    return readFileSync(join(folder, file), "utf8");
  }
});

function changesOf(patch: string): readonly string[] {
  return patch.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
}
