/*
 * Aim: the catalogue and the code say the same, so that a point that nobody can reach is not waited for, and none is counted
 * that nobody knows. Method: the sources are read as text; the comparison is shown planted disagreements first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { CATALOGUE } from "./catalogue.ts";
import type { CataloguePoint } from "./catalogue-point.ts";

const SOURCES = resolve(import.meta.dirname, "..");

interface Use {
  readonly kind: string;
  readonly name: string;
}

/** Calls of the three functions, whatever stands before the dot. A name that is no plain string is `undefined`. */
function usesIn(text: string): readonly Use[] {
  const calls = text.matchAll(/\bassertions\s*\.\s*(always|sometimes|reachable)\(\s*("[^"]*")?/g);
  return [...calls].map(([, kind = "", name]) => ({
    kind,
    name: name?.slice(1, -1) ?? "undefined",
  }));
}

function disagreements(
  catalogue: readonly CataloguePoint[],
  uses: readonly Use[],
): readonly string[] {
  const sentences: string[] = [];
  for (const { name, kind } of catalogue) {
    const found = uses.filter((use) => use.name === name);
    if (found.length !== 1) sentences.push(`"${name}" is used ${found.length} times`);
    if (found.some((use) => use.kind !== kind))
      sentences.push(`"${name}" is no ${kind} in the code`);
    if (catalogue.filter((point) => point.name === name).length > 1) {
      sentences.push(`"${name}" stands more than once in the catalogue`);
    }
  }
  for (const { name } of uses) {
    if (!catalogue.some((point) => point.name === name)) sentences.push(`"${name}" is unknown`);
  }
  return sentences;
}

describe("disagreements() finds", () => {
  const point = { name: "a write was lost", kind: "reachable", required: true } as const;
  const code = 'this.#environment.assertions.reachable("a write was lost");';

  test("nothing where both agree, however the call is wrapped", () => {
    expect(disagreements([point], usesIn(code))).toEqual([]);
    const wrapped = 'assertions.sometimes(\n  "a write was lost",\n  lost > 0,\n);';
    expect(disagreements([{ ...point, kind: "sometimes" }], usesIn(wrapped))).toEqual([]);
  });

  test.each([
    ["a point that is not in the code", "", [point], "used 0 times"],
    ["a point that is used twice", code + code, [point], "used 2 times"],
    ["a point of another kind", code, [{ ...point, kind: "always" }], "no always"],
    ["a name that is not in the catalogue", code, [], "unknown"],
    ["a name that is computed", "assertions.reachable(name);", [], "unknown"],
    ["a name that stands twice", code, [point, point], "more than once"],
  ] as const)("%s", (_, text, catalogue, part) => {
    expect(disagreements(catalogue, usesIn(text)).join("; ")).toContain(part);
  });
});

test("every point of the catalogue is used exactly once in the sources, and no other", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|(^|\/)testing\//.test(path))
    .map((path) => readFileSync(join(SOURCES, path), "utf8"));
  expect(files.length).toBeGreaterThan(80);
  expect(disagreements(CATALOGUE, files.flatMap(usesIn))).toEqual([]);
});

test("a point that is not required says why", () => {
  const unexplained = (CATALOGUE as readonly CataloguePoint[]).filter(
    ({ required, why }) => !required && why === undefined,
  );
  expect(unexplained.map(({ name }) => name)).toEqual([]);
});
