/*
 * Aim: no committed mutant is a bug that the compiler would have found, or one that a refactoring has moved to where its names mean
 * nothing; such a copy fails for another reason than the fault. Method: mutants that share no file are planted together, as many as
 * can be, and the sources are type-checked once for all of them.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Mutant } from "./parse-mutant.ts";
import { readMutants } from "./read-mutants.ts";
import { ROOT, SourcesCopy } from "./testing/sources-copy.ts";

const PLANTED_IN = "src/base/assert.ts";

describe("the types of committed mutants", async () => {
  const batches = batchesOf(await readMutants(ROOT));
  const sources = new SourcesCopy();

  afterAll(() => sources.remove());

  test.each(batches.map((batch, at) => ({ batch, at: at + 1, count: batch.length })))(
    "batch $at of those that share no file, $count mutants",
    { timeout: 120_000 },
    ({ batch }) => {
      const errors = typeErrorsWith(batch.map(({ patch }) => patch));
      expect(errors.map((error) => `${mutantOf(batch, error)}: ${error}`)).toEqual([]);
    },
  );

  test("a planted name that does not exist is found", { timeout: 120_000 }, () => {
    const [first = ""] = sources.read(PLANTED_IN).split("\n");
    const patch = `diff --git a/${PLANTED_IN} b/${PLANTED_IN}
--- a/${PLANTED_IN}
+++ b/${PLANTED_IN}
@@ -1 +1,2 @@
+void planted;
 ${first}
`;
    expect(typeErrorsWith([patch])).toEqual([
      expect.stringContaining("Cannot find name 'planted'"),
    ]);
    expect(typeErrorsWith([])).toEqual([]);
  });

  /** Of the sources with these patches, which are taken back whatever happens. */
  function typeErrorsWith(patches: readonly string[]): readonly string[] {
    const applied: string[] = [];
    try {
      for (const patch of patches) {
        expect(sources.apply(patch)).toBeUndefined();
        applied.unshift(patch);
      }
      return typeErrors();
    } finally {
      for (const patch of applied) sources.takeBack(patch);
    }
  }

  /** What the compiler says of the sources as they are now. That a mutant leaves a name unused is no error. */
  function typeErrors(): readonly string[] {
    const compiler = join(ROOT, "node_modules/.bin/tsc");
    const flags = ["--noEmit", "--noUnusedLocals", "false", "--noUnusedParameters", "false"];
    const { status, stdout } = spawnSync(compiler, flags, {
      cwd: sources.folder,
      encoding: "utf8",
    });
    const errors = stdout.split("\n").filter((line) => /^\S+\(\d+,\d+\): error /.test(line));
    expect(status === 0, stdout).toBe(errors.length === 0);
    return errors;
  }
});

/** Each mutant is in one batch, and no two of a batch change the same file. */
function batchesOf(mutants: readonly Mutant[]): readonly (readonly Mutant[])[] {
  const batches: Mutant[][] = [];
  for (const mutant of mutants) {
    const free = batches.find((batch) => !batch.some((other) => shareFile(other, mutant)));
    if (free === undefined) batches.push([mutant]);
    else free.push(mutant);
  }
  return batches;
}

function shareFile(one: Mutant, other: Mutant): boolean {
  return one.files.some((file) => other.files.includes(file));
}

function mutantOf(batch: readonly Mutant[], error: string): string {
  const named = batch.find(({ files }) => files.some((file) => error.startsWith(`${file}(`)));
  return named?.name ?? "some mutant of the batch";
}
