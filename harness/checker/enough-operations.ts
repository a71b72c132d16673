/*
 * Whether a run asked enough of the store to have seen anything.
 *
 * Problem: a run that did nothing loses nothing. Sketch: minima for the whole run, for each phase of 2 s or more, and for each kind
 * of fault of which every phase is shorter, all its phases taken together: shortness excuses nobody. Where too little was
 * asked, the reason names a load that would be enough.
 *
 * An operation counts for the phase in which it really began and ended: that is when it met the fault, even where a backlog
 * had delayed it.
 */

import { ADD, VIEW } from "../history/cart-operation.ts";
import { ALL_CRASH } from "./all-crash.ts";
import type { IntervalAvailability } from "./availability.ts";
import { countByInterval } from "./availability.ts";
import type { Evidence } from "./evidence.ts";
import { HEALTHY } from "./phases.ts";

/** As planned: how long the load was to last, and how many operations were to begin each second. */
export interface PlannedLoad {
  readonly seconds: number;
  readonly rate: number;
}

/** Acknowledged in the whole run: some hundred writes, of which each might have been lost, and reads that looked for them. */
const RUN_ADDS_MIN = 100;
const RUN_VIEWS_MIN = 50;
const PHASE_SECONDS_MIN = 2;
const OPERATIONS_MIN = 20;
/** Part of what is asked for may be refused or overlap an edge; a load that is named as enough has room for that. */
const MARGIN = 2;

/** One sentence for each minimum that was missed. */
export function operationDoubts(evidence: Evidence, load: PlannedLoad): readonly string[] {
  const { pairs } = evidence;
  const functions = pairs.map(({ invocation }) => invocation.f);
  /** Never 0: a short run may have missed a function by chance. */
  const shareOf = (isMeant: (f: string) => boolean) =>
    (functions.filter(isMeant).length + 1) / (functions.length + 2);
  const parts = { load, shareOf };
  // After the load there is nobody to ask.
  const intervals = countByInterval(evidence, "inside").filter(
    ({ phase }) => phase.kind !== ALL_CRASH,
  );
  return [
    ...runDoubts(evidence, parts),
    ...intervals.flatMap((interval) => phaseDoubts(interval, parts)),
    ...kindDoubts(intervals, parts),
  ];
}

interface Parts {
  readonly load: PlannedLoad;
  /** Part of all that was begun. */
  readonly shareOf: (isMeant: (f: string) => boolean) => number;
}

function runDoubts({ pairs }: Evidence, { load, shareOf }: Parts): readonly string[] {
  const { rate, seconds } = load;
  const wanted = [
    { f: ADD, min: RUN_ADDS_MIN, what: "adds were acknowledged" },
    { f: VIEW, min: RUN_VIEWS_MIN, what: "views succeeded" },
  ];
  return wanted.flatMap(({ f, min, what }) => {
    const done = pairs.filter(
      ({ invocation, completion }) => invocation.f === f && completion?.type === "ok",
    );
    const count = done.length;
    if (count >= min) return [];
    const share = shareOf((each) => each === f);
    const enough = enoughRate({ count, min, rate, seconds, share });
    const length = Math.ceil((seconds * (enough ?? 0)) / rate);
    const remedy =
      enough === undefined
        ? ""
        : `; ${length} s at this rate, or --rate ${enough}, would be enough`;
    return [`Only ${count} ${what} in the whole run, fewer than ${min}${remedy}.`];
  });
}

function phaseDoubts(
  { phase, counts }: IntervalAvailability,
  { load, shareOf }: Parts,
): readonly string[] {
  const seconds = secondsOf(phase);
  if (seconds < PHASE_SECONDS_MIN) return [];
  const where = `in phase ${phase.name} (${(phase.startNs / 1e9).toFixed(1)} s to ${(phase.endNs / 1e9).toFixed(1)} s)`;
  const okByFunction = sumBy(counts, ({ f, ok }) => [f, ok]);
  const attemptedBySide = sumBy(counts, ({ side, attempted }) => [side, attempted]);
  return [
    ...tooFew(okByFunction).map(([f, count]) => {
      const share = shareOf((each) => each === f);
      return `Only ${count} ${f} succeeded ${where}, ${shortOf({ count, ...load, seconds, share })}`;
    }),
    ...tooFew(attemptedBySide).map(
      ([side, count]) =>
        `Only ${count} operations were attempted on side ${side} ${where}, ${shortOf({ count, ...load, seconds, share: 1 })}`,
    ),
  ];
}

/** Kinds with a phase that was judged by itself are left out. */
function kindDoubts(
  intervals: readonly IntervalAvailability[],
  { load, shareOf }: Parts,
): readonly string[] {
  const byKind = Map.groupBy(intervals, ({ phase }) => phase.kind);
  return [...byKind].flatMap(([kind, ofKind]) => {
    const isShort = ofKind.every(({ phase }) => secondsOf(phase) < PHASE_SECONDS_MIN);
    if (kind === HEALTHY || !isShort) return [];
    const seconds = ofKind.reduce((sum, { phase }) => sum + secondsOf(phase), 0);
    const where = `under ${ofKind.map(({ phase }) => phase.name).join(", ")} (${seconds.toFixed(1)} s)`;
    const counts = ofKind.flatMap((interval) => interval.counts);
    const okOf = (isMeant: (f: string) => boolean) =>
      counts.reduce((sum, { f, ok }) => sum + (isMeant(f) ? ok : 0), 0);
    const uses = [
      { use: "writes", isMeant: (f: string) => f !== VIEW },
      { use: "reads", isMeant: (f: string) => f === VIEW },
    ];
    const attemptedBySide = sumBy(ofKind.flatMap(bySidePosition), (entry) => entry);
    return [
      ...uses.flatMap(({ use, isMeant }) => {
        const count = okOf(isMeant);
        if (count >= OPERATIONS_MIN) return [];
        const share = shareOf(isMeant);
        return [
          `Only ${count} ${use} succeeded ${where}, ${shortOf({ count, ...load, seconds, share })}`,
        ];
      }),
      ...tooFew(attemptedBySide).map(
        ([side, count]) =>
          `Only ${count} operations were attempted on ${side} ${where}, ${shortOf({ count, ...load, seconds, share: 1 })}`,
      ),
    ];
  });
}

/** Who is on a side, each fault draws anew; which is the smaller one, or the one between, the order of the sides tells. */
function bySidePosition({ counts }: IntervalAvailability): readonly (readonly [string, number])[] {
  const sides = [...sumBy(counts, ({ side, attempted }) => [side, attempted])];
  return sides.map(([, attempted], position) => [
    sides.length === 1 ? "all sides" : `side ${position + 1}`,
    attempted,
  ]);
}

function sumBy<T>(
  entries: readonly T[],
  toEntry: (entry: T) => readonly [string, number],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const each of entries) {
    const [name, count] = toEntry(each);
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return sums;
}

function tooFew(sums: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...sums].filter(([, count]) => count < OPERATIONS_MIN);
}

interface Shortfall {
  /** How many there were, and how many there must be. */
  readonly count: number;
  readonly min: number;
  /** As planned. */
  readonly rate: number;
  /** How long such operations were counted, and their part of all. */
  readonly seconds: number;
  readonly share: number;
}

function shortOf(shortfall: Omit<Shortfall, "min">): string {
  const enough = enoughRate({ ...shortfall, min: OPERATIONS_MIN });
  const remedy = enough === undefined ? "" : `; --rate ${enough} would be enough`;
  return `fewer than ${OPERATIONS_MIN}${remedy}.`;
}

/**
 * Operations a second with which there are enough, going by the plan, and where that should have been enough by what came of
 * it. Undefined where more of the same would not help.
 */
function enoughRate({ count, min, rate, seconds, share }: Shortfall): number | undefined {
  const byPlan = Math.ceil((MARGIN * min) / (seconds * share));
  if (byPlan > rate) return Number.isFinite(byPlan) ? byPlan : undefined;
  return count === 0 ? undefined : Math.ceil((MARGIN * min * rate) / count);
}

function secondsOf({ startNs, endNs }: IntervalAvailability["phase"]): number {
  return (endNs - startNs) / 1e9;
}
