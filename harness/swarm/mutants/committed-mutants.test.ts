/*
 * Aim: no committed mutant rots unseen. Method: each is applied to the sources as they are, all in one copy of `src`, one after
 * another, and taken back; what it makes of a file must still parse.
 */
import { stripTypeScriptTypes } from "node:module";
import { afterAll, describe, expect, test } from "vitest";
import { readMutants } from "./read-mutants.ts";
import { ROOT, SourcesCopy } from "./testing/sources-copy.ts";

const MUTANTS_MIN = 100;
const EQUIVALENT_MAX = 5;
const CHANGED_LINES_MAX = 20;
const REFRESH = "refresh it as harness/mutants/README.md tells";

describe("committed mutants", async () => {
  const mutants = await readMutants(ROOT);
  const sources = new SourcesCopy();

  afterAll(() => sources.remove());

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
      const before = files.map((file) => sources.read(file));
      const problem = sources.apply(patch) ?? unparsed(files);
      const same = files.find((file, at) => sources.read(file) === before[at]);
      if (problem !== undefined) rotten.push(`${name}: ${problem}`);
      else if (same !== undefined) rotten.push(`${name}: it leaves ${same} as it was`);
      else sources.takeBack(patch);
    }
    expect(rotten, REFRESH).toEqual([]);
  });

  test("a planted mutant that does not apply, and one that does not parse, are found", () => {
    const [mutant] = mutants;
    const patch = mutant?.patch ?? "";
    expect(sources.apply(patch.replace(/^-(?!-)/m, "-planted "))).toMatch(/does not apply|corrupt/);
    const [file = ""] = mutant?.files ?? [];
    const broken = patch.replace(/^\+(?!\+)/m, "+const const ");
    expect(sources.apply(broken)).toBeUndefined();
    expect(unparsed([file])).toContain(file);
    expect(sources.takeBack(broken)).toBeUndefined();
  });

  function unparsed(files: readonly string[]): string | undefined {
    for (const file of files) {
      try {
        stripTypeScriptTypes(sources.read(file));
      } catch (error) {
        return `${file} does not parse: ${error instanceof Error ? error.message : error}`;
      }
    }
    return undefined;
  }
});

function changesOf(patch: string): readonly string[] {
  return patch.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
}
