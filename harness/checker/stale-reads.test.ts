/* Hand-made histories of one key, and random ones of a store that hides nothing, with reads put back in time. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import type { HistoryLine } from "../history/operation.ts";
import { checkStaleReads } from "./stale-reads.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { gatherVersions, pastOf } from "./version-graph.ts";

const KEY = "cart-0";

function judged(
  builder: HistoryBuilder,
  versioning: VersioningMode = "dvvset",
  quorumsMeet = true,
) {
  const keys = gatherVersions(builder.gathered().evidence.pairs);
  return checkStaleReads(keys, { versioning, quorumsMeet });
}

/** Each as one process's; a write takes 2 ms. */
function write(
  builder: HistoryBuilder,
  process: number,
  [wrote, saw, type = "ok"]: readonly [string, readonly string[], ("ok" | "info" | "fail")?],
): void {
  const invocation = builder.invoke(process, "add", KEY, wrote);
  builder.complete(invocation, type, { wrote, saw, versions: saw.length });
}

function view(builder: HistoryBuilder, process: number, saw: readonly string[]): void {
  const invocation = builder.invoke(process, "view", KEY);
  builder.complete(invocation, "ok", { value: [], saw, versions: saw.length });
}

describe("D-4.5-4 checkStaleReads()", () => {
  test.each([
    ["nothing", []],
    ["what it replaced", ["a"]],
  ])("accuses a view that shows %s of an acknowledged version", (_, saw) => {
    const builder = new HistoryBuilder();
    write(builder, 0, ["a", []]);
    write(builder, 1, ["b", ["a"]]);
    view(builder, 2, saw);
    const result = judged(builder);
    expect(result).toMatchObject({ verdict: "invalid", reads: 3, stale: 1, undecided: 0 });
    expect(result?.examples).toEqual([{ key: KEY, saw, index: 5, missed: "b", missedIndex: 3 }]);
    expect(result?.reasons).toEqual([
      `1 read(s) missed a version acknowledged before they began; the first at index 5 of cart-0 showed ${saw.join() || "nothing"} and not b, acknowledged at index 3.`,
    ]);
  });

  test("accuses the read of a write, of a remove that found nothing and of a write that was refused", () => {
    const builder = new HistoryBuilder();
    write(builder, 0, ["a", []]);
    write(builder, 1, ["b", []]);
    write(builder, 2, ["c", ["a"], "fail"]);
    const remove = builder.invoke(3, "remove", KEY);
    builder.complete(remove, "fail", { error: "nothing-to-remove", saw: [], versions: 0 });
    expect(judged(builder)).toMatchObject({ reads: 4, stale: 3 });
  });

  test("accuses nobody of a blind write, which tells of no read", () => {
    const builder = new HistoryBuilder();
    write(builder, 0, ["a", []]);
    builder.complete(builder.invoke(1, "add", KEY, "b"), "ok", { wrote: "b", saw: [] });
    expect(judged(builder)).toMatchObject({ verdict: "valid", stale: 0 });
  });

  test("excuses what overlaps, what ended in doubt, and what was replaced through writes in doubt", () => {
    const builder = new HistoryBuilder();
    const slow = builder.invoke(9, "add", KEY, "slow");
    write(builder, 0, ["a", []]);
    write(builder, 1, ["doubt", ["a"], "info"]);
    const early = builder.invoke(8, "view", KEY);
    write(builder, 2, ["c", ["doubt"]]);
    builder.complete(early, "ok", { value: [], saw: ["a"] });
    view(builder, 3, ["c"]);
    builder.complete(slow, "ok", { wrote: "slow", saw: [], versions: 0 });
    expect(judged(builder)).toMatchObject({ verdict: "valid", stale: 0, undecided: 0 });
    view(builder, 4, ["c"]);
    expect(judged(builder)?.examples).toMatchObject([{ missed: "slow" }]);
  });

  test("follows a version seen by a write that had begun before that one did", () => {
    const builder = new HistoryBuilder();
    const patient = builder.invoke(9, "add", KEY, "b");
    write(builder, 0, ["a", []]);
    builder.complete(patient, "info", { wrote: "b", saw: ["a"], versions: 1 });
    view(builder, 1, ["b"]);
    expect(judged(builder)).toMatchObject({ verdict: "valid", stale: 0 });
  });

  test("leaves undecided a read that leads to a name which nobody told", () => {
    const builder = new HistoryBuilder();
    builder.invoke(50, "add", KEY, "never ended");
    write(builder, 0, ["a", []]);
    view(builder, 1, ["x"]);
    write(builder, 2, ["b", ["x"]]);
    view(builder, 3, ["b"]);
    // The read of b's own writer, too.
    expect(judged(builder)).toMatchObject({
      verdict: "unknown",
      stale: 0,
      undecided: 3,
      reasons: [
        "3 read(s) missed one that a write which never ended may have replaced; the first at index 4 of cart-0 showed x and not a, acknowledged at index 2.",
      ],
    });
    view(builder, 4, ["a"]);
    const both = judged(builder);
    expect(both).toMatchObject({ verdict: "invalid", stale: 1, undecided: 3 });
    expect(both?.reasons).toHaveLength(2);
  });

  test("accuses a read that leads to a name which no write that never ended can have made", () => {
    const builder = new HistoryBuilder();
    write(builder, 0, ["a", []]);
    view(builder, 1, ["x"]);
    expect(judged(builder)).toMatchObject({ verdict: "invalid", stale: 1, undecided: 0 });
  });

  test("judges nothing where quorums need not meet, and has no result where modes lose versions", () => {
    const build = () => {
      const builder = new HistoryBuilder();
      write(builder, 0, ["a", []]);
      view(builder, 1, []);
      return builder;
    };
    expect(judged(build(), "merged")).toMatchObject({ verdict: "invalid", stale: 1 });
    expect(judged(build(), "merged", false)).toMatchObject({ verdict: "valid", stale: null });
    for (const mode of ["lww", "lww-hybrid", "vector-clock", "vector-clock-max"] as const) {
      expect(judged(build(), mode)).toBeUndefined();
    }
  });

  test("finds in random histories what the plain reading of the rule does, and nothing in those that hide nothing", () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 30, maxLength: 300, size: "max" }),
        fc.boolean(),
        (draws, isHonest) => {
          const { lines } = randomHistory(draws, isHonest);
          const builder = Object.assign(new HistoryBuilder(), { lines });
          const result = judged(builder);
          expect(result?.stale).toBe(staleSlowly(lines));
          if (isHonest) expect(result?.stale).toBe(0);
          found += result?.stale ?? 0;
        },
      ),
    );
    expect(found).toBeGreaterThan(100);
  });
});

/** For each read, all versions acknowledged before it against all that those it shows have seen, where all of these have names. */
function staleSlowly(lines: readonly HistoryLine[]): number {
  const { evidence } = Object.assign(new HistoryBuilder(), { lines: [...lines] }).gathered();
  let stale = 0;
  for (const history of gatherVersions(evidence.pairs).values()) {
    for (const { saw, begunNs } of history.reads) {
      const shown = pastOf(history, saw).union(new Set(saw));
      const isMissed = [...history.versions.values()].some(
        ({ name, outcome, endedNs }) => outcome === "ok" && endedNs < begunNs && !shown.has(name),
      );
      const isDecided = [...shown].every((name) => history.versions.has(name));
      if (isMissed && isDecided) stale += 1;
    }
  }
  return stale;
}

/**
 * Overlapping operations of five processes on one key that keeps all versions nobody replaced; each draw is one step: a process begins,
 * reads, writes or ends. Where it is not honest, some reads are of a state that was there before.
 */
function randomHistory(draws: readonly number[], isHonest: boolean): HistoryBuilder {
  const builder = new HistoryBuilder();
  const states: string[][] = [[]];
  const underWay = new Map<number, { step: number; saw: string[]; wrote: string }>();
  const invocations = new Map<number, ReturnType<HistoryBuilder["invoke"]>>();
  // A process that ended in info is another one from then on.
  const lives = [0, 0, 0, 0, 0];
  for (const [position, draw] of draws.entries()) {
    const slot = draw % 5;
    const process = slot + 5 * (lives[slot] ?? 0);
    const current = states.at(-1) ?? [];
    const open = underWay.get(slot);
    if (open === undefined) {
      const f = draw % 3 === 0 ? "view" : "add";
      invocations.set(slot, builder.invoke(process, f, KEY, null));
      underWay.set(slot, { step: 0, saw: [], wrote: `v${position}` });
      continue;
    }
    const invocation = invocations.get(slot) as ReturnType<HistoryBuilder["invoke"]>;
    open.step += 1;
    if (open.step === 1) {
      const back = isHonest || draw % 4 > 0 ? 1 : Math.min(states.length, 1 + (draw % 7));
      open.saw = [...(states.at(-back) ?? [])];
    } else if (open.step === 2 && invocation.f === "add") {
      states.push([...current.filter((name) => !open.saw.includes(name)), open.wrote]);
    } else {
      underWay.delete(slot);
      const { saw, wrote } = open;
      const told = { saw, versions: saw.length };
      if (invocation.f === "view") builder.complete(invocation, "ok", told);
      else if (draw % 11 > 0) builder.complete(invocation, "ok", { ...told, wrote });
      else {
        builder.complete(invocation, "info", { ...told, wrote });
        lives[slot] = (lives[slot] ?? 0) + 1;
      }
    }
  }
  return builder;
}
