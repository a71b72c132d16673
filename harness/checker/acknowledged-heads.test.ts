/*
 * Aim: what stands apart changes no answer and holds up no walk. Method: random histories of a store that loses versions, brings some back
 * and shows names that nobody told, against heads that are all walked to; one lost version, and thousands, with the steps counted.
 */

import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { MissedVersion } from "./acknowledged-heads.ts";
import { AcknowledgedHeads } from "./acknowledged-heads.ts";
import { NumberedSlots } from "./numbered-slots.ts";
import { countedVersions } from "./testing/counted-versions.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { gatherVersions, pastOf } from "./version-graph.ts";

const KEY = "cart-0";

/** Every head is walked to by every read: right, and quadratic once one is lost. */
class WalkedHeads implements Pick<AcknowledgedHeads, "add" | "missingIn"> {
  readonly #history: KeyVersions;
  readonly #heads = new Map<string, WrittenVersion>();

  constructor(history: KeyVersions) {
    this.#history = history;
  }

  add(version: WrittenVersion): void {
    for (const name of pastOf(this.#history, [version.name])) this.#heads.delete(name);
    this.#heads.set(version.name, version);
  }

  missingIn(saw: readonly string[]): MissedVersion | undefined {
    const heads = [...this.#heads.values()];
    const oldest = Math.min(...heads.map(({ begunIndex }) => begunIndex));
    const past = pastOf(this.#history, saw, oldest);
    const missed = heads.find(({ name }) => !saw.includes(name) && !past.has(name));
    if (missed === undefined) return undefined;
    const isKnown = (name: string) => this.#history.versions.has(name);
    return { missed, isCertain: saw.every(isKnown) && [...past].every(isKnown) };
  }
}

/** What each read missed, with the versions acknowledged before it. */
function missedBy(
  history: KeyVersions,
  heads: Pick<AcknowledgedHeads, "add" | "missingIn">,
): readonly (readonly [index: number, missed: string, isCertain: boolean])[] {
  const acknowledged = [...history.versions.values()]
    .filter(({ outcome }) => outcome === "ok")
    .sort((one, other) => one.endedNs - other.endedNs);
  return history.reads
    .toSorted((one, other) => one.begunNs - other.begunNs)
    .flatMap(({ index, saw, begunNs }) => {
      while ((acknowledged[0]?.endedNs ?? Number.POSITIVE_INFINITY) < begunNs) {
        heads.add(acknowledged.shift() as WrittenVersion);
      }
      const found = heads.missingIn(saw);
      return found === undefined ? [] : [[index, found.missed.name, found.isCertain]];
    });
}

function historyOf(builder: HistoryBuilder): KeyVersions {
  const history = gatherVersions(builder.gathered().evidence.pairs).get(KEY);
  if (history === undefined) throw new Error("Cannot judge a history: no version has a name");
  return history;
}

/**
 * One step a draw: a write that has seen the state and replaces it, one that is lost, one of an older state, one in doubt, one that overlaps
 * the others, a view of an older state, or a lost version that is back; some show a name that nobody told.
 */
function randomHistory(draws: readonly number[]): HistoryBuilder {
  const builder = new HistoryBuilder();
  builder.invoke(draws.length, "add", KEY, "never ended");
  const lost: string[] = [];
  const states: (readonly string[])[] = [[]];
  const slow: (() => void)[] = [];
  for (const [position, draw] of draws.entries()) {
    const back = draw % 7 === 0 ? Math.min(states.length, 1 + (draw % 12)) : 1;
    const old = draw % 29 === 0 ? lost.splice(draw % (lost.length + 1), 1) : [];
    const strange = draw % 101 === 0 ? [`strange ${draw % 3}`] : [];
    const saw = [...new Set([...(states.at(-back) ?? []), ...old, ...strange])];
    const wrote = `v${position}`;
    const told = { saw, versions: saw.length };
    const isView = draw % 5 === 0;
    const invocation = builder.invoke(position, isView ? "view" : "add", KEY);
    if (isView) {
      builder.complete(invocation, "ok", told);
      continue;
    }
    const type = draw % 13 === 0 ? "info" : "ok";
    const end = () => void builder.complete(invocation, type, { ...told, wrote });
    if (draw % 11 === 0) slow.push(end);
    else end();
    if (draw % 17 === 0) slow.shift()?.();
    if (draw % 6 === 0) lost.push(wrote);
    else states.push([...(states.at(-1) ?? []).filter((name) => !saw.includes(name)), wrote]);
  }
  for (const end of slow) end();
  return builder;
}

describe("AcknowledgedHeads", () => {
  test("finds what walking to every head does, in random histories of losses", () => {
    const found = { certain: 0, undecided: 0 };
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 100, maxLength: 300, size: "max" }), (draws) => {
        const history = historyOf(randomHistory(draws));
        const missed = missedBy(history, new AcknowledgedHeads(history));
        expect(missed).toEqual(missedBy(history, new WalkedHeads(history)));
        for (const [, , isCertain] of missed) found[isCertain ? "certain" : "undecided"] += 1;
      }),
    );
    expect(found.certain).toBeGreaterThan(1_000);
    expect(found.undecided).toBeGreaterThan(1_000);
  });

  test.each([
    ["never comes back", Number.POSITIVE_INFINITY],
    ["comes back half way", 2_000],
  ])("looks at some dozens of versions an operation where one %s", (_, backAt) => {
    const operations = 4_000;
    const builder = new HistoryBuilder();
    const write = (wrote: string, saw: readonly string[]) =>
      builder.complete(builder.invoke(0, "add", KEY), "ok", { wrote, saw, versions: saw.length });
    write("lost", []);
    write("v1", []);
    for (let number = 2; number < operations; number += 1) {
      write(`v${number}`, [`v${number - 1}`, ...(number === backAt ? ["lost"] : [])]);
    }
    const { history, lookUps } = countedVersions(historyOf(builder));
    const missed = missedBy(history, new AcknowledgedHeads(history));
    expect(missed).toHaveLength(Math.min(operations, backAt) - 1);
    expect(lookUps() / operations).toBeLessThan(50);
  });

  test("looks at some dozens of versions an operation where all but the first are lost, and a write never ended", () => {
    const operations = 4_000;
    const builder = new HistoryBuilder();
    builder.invoke(operations, "add", KEY, "never ended");
    for (let number = 0; number < operations; number += 1) {
      const saw = number === 0 ? [] : ["v0"];
      const told = { wrote: `v${number}`, saw, versions: saw.length };
      builder.complete(builder.invoke(0, "add", KEY), "ok", told);
    }
    const { history, lookUps } = countedVersions(historyOf(builder));
    const missed = missedBy(history, new AcknowledgedHeads(history));
    expect(missed.map(([, name]) => name)).toEqual(Array(operations - 2).fill("v1"));
    expect(missed.every(([, , isCertain]) => isCertain)).toBe(true);
    expect(lookUps() / operations).toBeLessThan(50);
  });

  test("goes once through the thousands that a version had seen, however often it is shown", () => {
    const size = 2_000;
    const builder = new HistoryBuilder();
    const lost = Array.from({ length: size }, (_, number) => `v${number}`);
    const write = (wrote: string, saw: readonly string[]) =>
      builder.complete(builder.invoke(0, "add", KEY), "ok", { wrote, saw, versions: saw.length });
    for (const name of lost) write(name, []);
    write("all", lost);
    for (let read = 0; read < size; read += 1) {
      const told = { value: [], saw: ["all"], versions: 1 };
      builder.complete(builder.invoke(0, "view", KEY), "ok", told);
    }
    const history = historyOf(builder);
    const asked = vi.spyOn(NumberedSlots.prototype, "has");
    const missed = missedBy(history, new AcknowledgedHeads(history));
    const looks = asked.mock.calls.length;
    asked.mockRestore();
    expect(missed.filter(([, name]) => name === "all")).toEqual([]);
    expect(looks).toBeGreaterThan(size);
    expect(looks / size).toBeLessThan(20);
  });
});
