/*
 * How much of what was asked was done, by phase, side and function.
 *
 * An operation belongs to the phase in which its intended start lies, however late it ended: what a fault stalled until it
 * was healed, or for good, is that fault's. It belongs to the side of its process's home node. A remove that found nothing to remove was
 * answered, but it proves nothing about writing and is left out. Availability is measured, not judged: the verdict is always valid. What
 * is judged by phases (`proves-something.ts`, `expected-availability.ts`) counts only what lay wholly inside.
 */

import { NOTHING_TO_REMOVE } from "../history/cart-operation.ts";
import type { CheckerResult, PhaseAvailability } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import type { Phase } from "./phases.ts";

export interface AvailabilityResult extends CheckerResult {
  /** Share of all operations that succeeded, 0 to 1; 0 where there are none. */
  readonly overall: number;
  /** Healthy intervals taken together. */
  readonly perPhase: readonly PhaseAvailability[];
}

export interface IntervalAvailability {
  readonly phase: Phase;
  readonly counts: readonly Omit<PhaseAvailability, "phase">[];
}

const ALL_SIDES = "all";

interface Count {
  readonly side: string;
  readonly f: string;
  attempted: number;
  ok: number;
}

export function checkAvailability(evidence: Evidence): AvailabilityResult {
  let attempted = 0;
  let ok = 0;
  for (const { completion } of evidence.pairs) {
    if (completion?.error !== NOTHING_TO_REMOVE) {
      attempted++;
      ok += completion?.type === "ok" ? 1 : 0;
    }
  }
  const intervals = countByInterval(evidence, "due");
  const overall = attempted === 0 ? 0 : ok / attempted;
  return { verdict: "valid", reasons: [], overall, perPhase: byPhase(intervals) };
}

/**
 * Each interval by itself, in order. `due`: operations that ought to have begun in it, whenever they ended, or never. `inside`:
 * operations that did begin in it, and ended in it, however long they had waited for a free process.
 */
export function countByInterval(
  { pairs, phases }: Evidence,
  rule: "due" | "inside",
): readonly IntervalAvailability[] {
  const { phases: list } = phases;
  const functions = new Set(pairs.map(({ invocation }) => invocation.f));
  const sideOf = list.map(({ sides }) => sidesByNode(sides));
  const counts = list.map((phase) => emptyCounts(phase, functions));
  for (const { invocation, completion } of pairs) {
    if (completion?.error === NOTHING_TO_REMOVE) continue;
    const { timeNs, intendedNs } = invocation;
    const endNs = completion?.timeNs ?? Number.POSITIVE_INFINITY;
    const position =
      rule === "due" ? phases.find(intendedNs, intendedNs) : phases.find(timeNs, endNs);
    const side = sideOf[position]?.get(invocation.node) ?? ALL_SIDES;
    countInto(counts[position], side, invocation.f, completion?.type === "ok");
  }
  return list.map((phase, position) => ({
    phase,
    counts: [...(counts[position]?.values() ?? [])],
  }));
}

/** A side nobody reached counts too, with zeros. */
function emptyCounts(phase: Phase, functions: ReadonlySet<string>): Map<string, Count> {
  const counts = new Map<string, Count>();
  const sides = phase.sides.length > 1 ? phase.sides.map(sideName) : [ALL_SIDES];
  for (const side of sides) {
    for (const f of functions) {
      counts.set(`${side} ${f}`, { side, f, attempted: 0, ok: 0 });
    }
  }
  return counts;
}

function countInto(counts: Map<string, Count> | undefined, side: string, f: string, ok: boolean) {
  const name = `${side} ${f}`;
  let count = counts?.get(name);
  if (count === undefined) {
    count = { side, f, attempted: 0, ok: 0 };
    counts?.set(name, count);
  }
  count.attempted++;
  count.ok += ok ? 1 : 0;
}

function sidesByNode(sides: Phase["sides"]): ReadonlyMap<string, string> {
  const byNode = new Map<string, string>();
  for (const side of sides.length > 1 ? sides : []) {
    for (const node of side) {
      byNode.set(node, byNode.get(node) ?? sideName(side));
    }
  }
  return byNode;
}

function sideName(side: readonly string[]): string {
  return side.join("+");
}

function byPhase(intervals: readonly IntervalAvailability[]): PhaseAvailability[] {
  const merged = new Map<
    string,
    { -readonly [K in keyof PhaseAvailability]: PhaseAvailability[K] }
  >();
  for (const { phase, counts } of intervals) {
    for (const { side, f, attempted, ok } of counts) {
      const name = `${phase.name} ${side} ${f}`;
      const sum = merged.get(name) ?? { phase: phase.name, side, f, attempted: 0, ok: 0 };
      sum.attempted += attempted;
      sum.ok += ok;
      merged.set(name, sum);
    }
  }
  return [...merged.values()];
}
