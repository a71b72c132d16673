/*
 * Aim: `docs/paper.md` says what is true. Method: every row is held against the sources: the numbers are complete, files are
 * there, each proof is a test that bears the number in its name or a command that exists, and no test or comment bears a
 * number that the page does not know. Each of these checks also meets a planted mistake.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { EXPERIMENTS } from "./cli/check.ts";
import type { PaperProject } from "./testing/paper-complaints.ts";
import {
  COUNTS,
  complaintsAboutNumbers,
  complaintsAboutPaper,
} from "./testing/paper-complaints.ts";
import type { PaperRow } from "./testing/paper-page.ts";
import { numbersIn, readPaperPage } from "./testing/paper-page.ts";
import { testTitles } from "./testing/test-titles.ts";

const ROOT = resolve(import.meta.dirname, "..");

describe("docs/paper.md", () => {
  const rows = readPaperPage(read("docs/paper.md"));
  const project = readProject();

  test("says what the code bears out", () => {
    expect(complaintsAboutPaper(rows, project)).toEqual([]);
  });

  test("gives the count of what is proved", () => {
    const requirements = rows.filter(({ id }) => id.startsWith("D"));
    const proved = requirements.filter(({ proofs }) => proofs.every(({ complete }) => complete));
    expect(read("docs/paper.md")).toContain(`**${proved.length} of ${COUNTS["D"]} are proved.**`);
  });

  test("knows every number that sources, patches and pages mention", () => {
    const known = new Set(rows.map(({ id }) => id));
    const strange = [...project.files].flatMap((file) =>
      numbersIn(read(file))
        .filter((number) => !known.has(number))
        .map((number) => `${file}: ${number}`),
    );
    expect(strange).toEqual([]);
  });

  test("complains of a row that lost its place, its proof or its neighbour", () => {
    expect(complaintsAboutPaper(rows.slice(1), project)).not.toEqual([]);
    const proved = rows.findIndex(({ proofs }) => proofs[0]?.complete);
    const changed = (change: Partial<PaperRow>) =>
      complaintsAboutPaper(
        rows.map((row, at) => (at === proved ? { ...row, ...change } : row)),
        project,
      );
    expect(changed({})).toEqual([]);
    expect(changed({ files: ["src/gone.ts"] })).not.toEqual([]);
    expect(changed({ proofs: [{ complete: true, places: ["harness/tidy.test.ts"] }] })).not.toEqual(
      [],
    );
    expect(changed({ proofs: [{ complete: false, places: [] }] })).not.toEqual([]);
  });
});

describe("readPaperPage()", () => {
  test("reads rows of all three kinds and passes over the rest", () => {
    const page = [
      "# Page",
      "| number | in a few words | where | proof |",
      "| D-2.1-1 | bytes | `a.ts`, `b.ts` | proved by `a.test.ts`, `npm run sim` |",
      "| D-2.1-2 | sizes | | open |",
      "| D-2.1-3 | trust | `c.ts` | open: no default; so far `c.test.ts` |",
      "| P-1 | two rules | the first | `a.ts` |",
      "| K-1 | order | `k.test.ts` | open |",
      "| K-2 | time | `k.test.ts` | no cure: nobody knows it |",
    ];
    const proof = (complete: boolean, ...places: string[]) => ({ complete, places });
    expect(readPaperPage(page.join("\n"))).toEqual([
      row("D-2.1-1", "bytes", ["a.ts", "b.ts"], proof(true, "a.test.ts", "npm run sim")),
      row("D-2.1-2", "sizes", [], proof(false)),
      row("D-2.1-3", "trust", ["c.ts"], proof(false, "c.test.ts")),
      row("P-1", "two rules", ["a.ts"]),
      row("K-1", "order", [], proof(true, "k.test.ts"), proof(false)),
      row("K-2", "time", [], proof(true, "k.test.ts"), proof(true)),
    ]);
  });

  test.each([
    "| D-2.1-1 | bytes | `a.ts` |",
    "| D-2.1-1 | | `a.ts` | open |",
    "| D-2.1-1 x | bytes | `a.ts` | open |",
    "| D-2.1 | bytes | `a.ts` | open |",
    "| D-2.1-1 | bytes | `a.ts` | |",
    "| D-2.1-1 | bytes | `a.ts` | proved |",
    "| D-2.1-1 | bytes | `a.ts` | proved by a.test.ts |",
    "| D-2.1-1 | bytes | `a.ts` | proved by `a.test.ts` mostly |",
    "| D-2.1-1 | bytes | `a.ts` | openly |",
    "| D-2.1-1 | bytes | `a.ts` | no cure: nobody knows it |",
    "| K-1 | order | caught by `a.test.ts` | open |",
    "| K-1 | order | `a.test.ts` | |",
    "| K-1 | order | `a.test.ts` | no cure: |",
    "| P-1 | two rules | | `a.ts` |",
  ])("refuses %s", (line) => {
    expect(() => readPaperPage(line)).toThrow(/^Cannot read the (?:row|proof)/);
  });
});

describe("complaintsAboutPaper()", () => {
  const project: PaperProject = {
    files: new Set(["src/a.ts"]),
    titles: new Map([["src/a.test.ts", ["D-2.1-1 keeps bytes", "K-1 and P-1", "nothing"]]]),
    scripts: new Set(["sim", "check"]),
    experiments: new Map([["check", new Set(["default", "lww"])]]),
  };
  const proved = (...places: string[]) => ({ complete: true, places });

  test.each([
    [["src/a.test.ts"], []],
    [["npm run sim"], []],
    [["npm run sim -- --seeds 9"], []],
    [["npm run check -- --only lww,default"], []],
    [["src/gone.test.ts"], ["D-2.1-1: no file with tests src/gone.test.ts"]],
    [["npm run gone"], ["D-2.1-1: no script gone"]],
    [["npm run check -- --only lww,gone"], ["D-2.1-1: check knows no gone"]],
    [["npm run check -- --only"], ["D-2.1-1: check knows no "]],
  ])("of a requirement proved by %j says %j", (places, complaints) => {
    expect(said(row("D-2.1-1", "w", ["src/a.ts"], proved(...places)))).toEqual(complaints);
  });

  test("finds a file that is gone, and a proof of what is nowhere", () => {
    const proof = proved("src/a.test.ts");
    expect(said(row("D-2.1-1", "w", ["src/b.ts"], proof))).toEqual(["D-2.1-1: no file src/b.ts"]);
    expect(said(row("D-2.1-1", "w", [], proof))).toEqual(["D-2.1-1: proved, but where is it?"]);
  });

  test("finds a test without the number in its name", () => {
    expect(said(row("D-2.1-2", "w", ["src/a.ts"], proved("src/a.test.ts")))).toContain(
      "D-2.1-2: no test of src/a.test.ts has it in its name",
    );
  });

  test("finds a test named after what is open or unknown", () => {
    const open = { complete: false, places: [] };
    expect(said(row("D-2.1-1", "w", [], open))).toEqual([
      "D-2.1-1: open, but a test of src/a.test.ts is named after it",
    ]);
    expect(said(row("D-2.1-1", "w", [], { complete: false, places: ["src/a.test.ts"] }))).toEqual(
      [],
    );
    expect(said(row("D-2.1-2", "w", [], open))).toEqual([
      "src/a.test.ts: a test is named after D-2.1-1, which is no number of the page",
    ]);
  });

  /** What is said of one row; K-1 and P-1, after which tests are named too, are in order. */
  function said(one: PaperRow): readonly string[] {
    const rest = [row("P-1", "w", []), row("K-1", "w", [], proved("src/a.test.ts"))];
    const about = complaintsAboutPaper([one, ...rest], project);
    return about.filter((complaint) => !/numbers|follow/.test(complaint));
  }
});

describe("complaintsAboutNumbers()", () => {
  const good = ["D-2.1-1", "D-2.1-2", "D-3.3-1", "D-4-0", "D-4.1-1", "D-4.1-2", "D-5-1"];
  const counts = { D: good.length };

  test("is content with all numbers in order", () => {
    expect(complaintsAboutNumbers(good, counts)).toEqual([]);
    expect(complaintsAboutNumbers(["P-1", "P-2", "P-3"], { P: 3 })).toEqual([]);
  });

  test.each([
    ["one left out", good.toSpliced(1, 1), "6 numbers D instead of 7"],
    ["one left out in the middle", good.toSpliced(4, 1), "D-4.1-2 does not follow D-4-0"],
    ["one twice", good.toSpliced(1, 0, "D-2.1-2"), "D-2.1-2 does not follow D-2.1-2"],
    [
      "two sections changed round",
      [...good.slice(2), ...good.slice(0, 2)],
      "D-2.1-1 does not follow D-5-1",
    ],
    [
      "a section above the one inside it",
      good.with(3, "D-4.1-1").with(4, "D-4-0"),
      "D-4-0 does not follow D-4.1-1",
    ],
    ["a first number that is none", good.with(0, "D-2.1-2"), "D-2.1-2 does not follow nothing"],
  ])("finds %s", (_what, ids, complaint) => {
    expect(complaintsAboutNumbers(ids, counts)).toContain(complaint);
  });
});

describe("testTitles()", () => {
  test("finds titles of every form, and nothing else", () => {
    const source = [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template
      'describe("group", () => { test("plain", f); it(`with ${what}`, f); });',
      'test.each([["row"]])("of rows", f); describe.each(rows)("groups of rows", f);',
      'test.skipIf(lacking)("where it can", f); describe.skipIf(a).each(b)("both", f);',
      'other("no title"); const text = "no title"; // test("no title")',
      'test(title, f); test<Context>("typed", f as Callback);',
    ];
    expect(testTitles(source.join("\n"))).toEqual([
      "group",
      "plain",
      "with …",
      "of rows",
      "groups of rows",
      "where it can",
      "both",
      "typed",
    ]);
  });
});

test("numbersIn() tells numbers from what only looks like one", () => {
  expect(numbersIn("D-4.8.1-2, D-4-0 (K-10; P-3) D-4.6 D-1 K-x UK-1")).toEqual([
    "D-4.8.1-2",
    "D-4-0",
    "K-10",
    "P-3",
  ]);
});

function row(id: string, words: string, files: string[], ...proofs: PaperRow["proofs"]): PaperRow {
  return { id, words, files, proofs };
}

function readProject(): PaperProject {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    read("package.json"),
  );
  const files = ["src", "harness", "workloads", "docs"].flatMap(filesOf);
  const titles = files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, read(file)] as const)
    .filter(([, text]) => text.includes('from "vitest"'))
    .map(([file, text]) => [file, testTitles(text)] as const);
  const mutants = files
    .filter((file) => file.endsWith(".patch"))
    .map((file) => /([^/]+)\.patch$/.exec(file)?.[1] ?? "");
  return {
    files: new Set(files),
    titles: new Map(titles),
    scripts: new Set(Object.keys(manifest.scripts)),
    experiments: new Map([
      ["check", new Set(EXPERIMENTS.map(({ name }) => name))],
      ["mutants", new Set(mutants)],
    ]),
  };
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.(?:ts|patch|md)$/.test(path));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
