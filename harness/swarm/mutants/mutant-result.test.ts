import { describe, expect, test } from "vitest";
import { killTable, killTableMarkdown, liveLine } from "./kill-table.ts";
import type { MutantResult } from "./mutant-result.ts";
import { resultOf, scoreOf } from "./mutant-result.ts";
import type { Mutant } from "./parse-mutant.ts";
import type { CopyRun } from "./run-copy.ts";
import { corpusOf, swarmOf } from "./run-copy.ts";

const MUTANT: Mutant = {
  name: "quorum-broken",
  what: "It is broken | badly.",
  breaks: "D-1",
  equivalent: undefined,
  files: ["src/a.ts"],
  patch: "",
};
const ARGUED: Mutant = { ...MUTANT, name: "quorum-same", equivalent: "nobody looks." };
const FOUND: CopyRun = {
  kind: "ended",
  seedsRun: 3,
  findings: [{ check: "copies", anomaly: "too-few", seed: 7 }],
};
const SILENT: CopyRun = { kind: "ended", seedsRun: 200, findings: [] };
const FAILED: CopyRun = { kind: "failed", reason: "it ended with status 70" };

describe("resultOf()", () => {
  test("a finding kills", () => {
    expect(resultOf(MUTANT, FOUND, 1)).toMatchObject({ outcome: "killed", seedsRun: 3 });
  });

  test("silence is survival, and equivalence where that is argued", () => {
    expect(resultOf(MUTANT, SILENT, 1).outcome).toBe("survived");
    expect(resultOf(ARGUED, SILENT, 1)).toMatchObject({
      outcome: "equivalent",
      reason: "nobody looks.",
    });
  });

  test("an argument does not help where the swarm sees it after all", () => {
    expect(resultOf(ARGUED, FOUND, 1).outcome).toBe("killed");
  });

  test("a copy that was not judged is broken, never killed, whatever is argued", () => {
    expect(resultOf(MUTANT, FAILED, 1)).toMatchObject({ outcome: "broken", seedsRun: 0 });
    expect(resultOf(ARGUED, FAILED, 1).outcome).toBe("broken");
  });
});

const crashed = (anomaly: string): CopyRun => ({
  kind: "ended",
  seedsRun: 1,
  findings: [{ check: "crash", anomaly, seed: 1 }],
});

describe("a mutant that crashes", () => {
  test("is killed, and counted apart", () => {
    const result = resultOf(MUTANT, crashed("AssertionError: # is less than #"), 1);
    expect(result.outcome).toBe("killed");
    expect(scoreOf([result, resultOf(MUTANT, FOUND, 1)])).toMatchObject({
      killed: 2,
      withoutCheck: 1,
    });
    expect(killTable([result])).toContain("(100.0 %), 1 of them by a crash or a hang only: enough");
  });

  test("is broken where its own code no longer fits", () => {
    const result = resultOf(MUTANT, crashed("ReferenceError: table is not defined"), 1);
    expect(result).toMatchObject({
      outcome: "broken",
      reason: "the patch itself is wrong: ReferenceError: table is not defined",
    });
  });
});

describe("scoreOf()", () => {
  const many = (run: CopyRun, count: number, mutant = MUTANT): MutantResult[] =>
    Array.from({ length: count }, () => resultOf(mutant, run, 1));

  test("95 % are enough, a hair less is not", () => {
    expect(scoreOf([...many(FOUND, 19), ...many(SILENT, 1)])).toEqual({
      killed: 19,
      byCorpusAlone: 0,
      withoutCheck: 0,
      judged: 20,
      share: 0.95,
      isEnough: true,
    });
    expect(scoreOf([...many(FOUND, 18), ...many(SILENT, 1)]).isEnough).toBe(false);
  });

  test("equivalent ones do not count, broken ones count against", () => {
    expect(scoreOf([...many(FOUND, 1), ...many(SILENT, 9, ARGUED)]).isEnough).toBe(true);
    expect(scoreOf([...many(FOUND, 1), ...many(FAILED, 1)])).toMatchObject({
      killed: 1,
      judged: 2,
      isEnough: false,
    });
  });

  test("nothing judged is not enough", () => {
    expect(scoreOf([]).isEnough).toBe(false);
    expect(scoreOf(many(SILENT, 1, ARGUED)).isEnough).toBe(false);
  });
});

describe("swarmOf()", () => {
  const planted: readonly (readonly [what: string, text: string | undefined, reason: string])[] = [
    ["no file", undefined, "no swarm.json"],
    ["no JSON", "{", "no JSON"],
    ["no object", "null", "no seedsRun"],
    ["no findings", '{"seedsRun":1}', "no seedsRun and findings"],
    ["no seed run", '{"seedsRun":0,"findings":[]}', "ran no seed"],
    ["a finding without a check", '{"seedsRun":1,"findings":[{"seed":1}]}', "has no check"],
  ];

  test.each(planted)("%s says nothing about the copy", (_, text, reason) => {
    const run = swarmOf(text);
    expect(run).toMatchObject({ kind: "failed", reason: expect.stringContaining(reason) });
  });

  test("reads findings and leaves out what else they hold", () => {
    const findings = [{ check: "copies", anomaly: "too-few", seed: 7, detail: "long" }];
    expect(swarmOf(JSON.stringify({ seedsRun: 3, findings, more: true }))).toEqual(FOUND);
  });
});

describe("a mutant that no seed kills and the corpus does", () => {
  const finding = { check: "copies", anomaly: "too-few" };
  const report = { plansRun: 2, found: [{ ...finding, plan: "dense.json" }] };
  const run = corpusOf(JSON.stringify(report));

  test("is killed, by what it names, and does not count for the seeds", () => {
    const result = resultOf(MUTANT, { ...run, seedsRun: 200 } as CopyRun, 2);
    expect(scoreOf([result])).toMatchObject({ killed: 0, byCorpusAlone: 1, isEnough: false });
    expect(liveLine(result)).toBe(
      "killed      quorum-broken: copies (too-few) by dense.json of the corpus, 200 seeds, 2.0 s",
    );
    expect(killTable([result])).toContain("(0.0 %), 1 more by the corpus alone: too few.");
  });

  test.each([
    [undefined, "nothing about the corpus"],
    ["{", "no plansRun"],
    ['{"plansRun":0,"found":[]}', "no plansRun"],
    ['{"plansRun":1}', "no plansRun and found"],
    ['{"plansRun":1,"found":[{"check":"a","anomaly":"b"}]}', "no check, anomaly and plan"],
  ])("%s says nothing about the copy", (text, reason) => {
    expect(corpusOf(text)).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining(reason),
    });
  });
});

describe("a required point that was never reached", () => {
  const summary = { seedsRun: 200, findings: [], requiredUnreached: ["a hint was delivered"] };

  test("is a finding of a swarm that failed by it", () => {
    const run = swarmOf(JSON.stringify({ ...summary, passed: false }));
    const result = resultOf(MUTANT, run, 2);
    expect(result.outcome).toBe("killed");
    expect(liveLine(result)).toBe(
      "killed      quorum-broken: never-reached (a hint was delivered), 200 seeds, 2.0 s",
    );
  });

  test("is none of a swarm that was too small to get there", () => {
    const run = swarmOf(JSON.stringify({ ...summary, passed: true }));
    expect(resultOf(MUTANT, run, 2).outcome).toBe("survived");
  });
});

describe("tables", () => {
  const results = [resultOf(MUTANT, FOUND, 1.26), resultOf(MUTANT, FAILED, 2)];

  test("killTable() shows who killed what and the score", () => {
    expect(killTable(results)).toBe(
      [
        "mutant         what                   killed by       seeds  seconds",
        "quorum-broken  It is broken | badly.  copies/too-few  7      1.3",
        "quorum-broken  It is broken | badly.  broken          0      2.0",
        "",
        "1 of 2 mutants killed (50.0 %): too few.",
        "",
      ].join("\n"),
    );
  });

  test("killTableMarkdown() keeps a bar in its cell and says why one was not killed", () => {
    const text = killTableMarkdown(results, { seeds: 200, isByKnown: true });
    expect(text).toContain("| It is broken \\| badly. | copies/too-few | 7 | 1.3 |");
    expect(text).toContain("At most 200 seeds each. The seed that had killed a mutant before");
    expect(text).toContain("- quorum-broken (broken): it ended with status 70 (0 seeds, 2.0 s)");
  });

  test("liveLine() names the outcome first", () => {
    const [killed] = results;
    expect(killed && liveLine(killed)).toBe(
      "killed      quorum-broken: copies (too-few) at seed 7, 3 seeds, 1.3 s",
    );
  });
});
