/*
 * Whether the store answered where its quorums say that it can, and nowhere else (C8).
 *
 * Problem: availability that is only measured convicts nobody. Sketch: on a side of a cut with s nodes, of which a request needs
 * k = R, or W, it is known beforehand what must happen. s < k: no request can succeed, and one that does was acknowledged by
 * nodes that cannot have answered. s >= k: with sloppy quorums every request can, since any k nodes will do; with strict ones
 * those of every key can where so few nodes are away that each key has k owners left (nodes - s <= N - k). Of all else
 * nothing is known without the keys' owners, and nothing is said. A write of a cart reads first, so it needs the larger of
 * R and W.
 *
 * Judged are the healthy intervals and the sides of a cut from which nobody else can be reached in either direction, from
 * `SETTLE_NS` on, when the nodes know who is away. Other faults make no sides, and what they cost is measured by `availability.ts`.
 *
 * A success that cannot be is proof. A refusal that need not be is one only in virtual time: elsewhere the machine may
 * have been too busy, and the verdict is unknown, which is no success either.
 */

import {
  ADD,
  NEVER_BEGUN,
  NEVER_COMPLETED,
  NOTHING_TO_REMOVE,
  REMOVE,
  VIEW,
} from "../history/cart-operation.ts";
import type { Pair } from "../history/pairs.ts";
import type { Link } from "../nemesis/fault.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import type { Phase } from "./phases.ts";
import { HEALTHY } from "./phases.ts";

export interface AvailabilityExpectation {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: "sloppy" | "strict";
  /** The driver; `sim` runs in virtual time. */
  readonly cluster: string;
}

type Expected = "served" | "refused" | "open";

/** Three misses and a few rounds of stand-ins at the nodes' own times; see `node-configuration-file.ts`. */
const SETTLE_NS = 1.5e9;
/** What a busy machine may cost of requests that can all be served. */
const SERVED_SHARE_MIN = 0.95;
/** Fewer say nothing of a share. */
const ATTEMPTED_MIN = 20;

interface Tally {
  readonly where: string;
  readonly expected: Expected;
  attempted: number;
  ok: number;
}

export function checkExpectedAvailability(
  evidence: Evidence,
  expectation: AvailabilityExpectation,
): CheckerResult {
  if (evidence.faultFile === undefined) {
    return {
      verdict: "unknown",
      reasons: ["There is no record of the faults, so nobody knows who could reach whom."],
    };
  }
  const tallies = new Map<string, Tally>();
  for (const pair of evidence.pairs) count(tallies, pair, evidence, expectation);
  const all = [...tallies.values()];
  const impossible = all
    .filter(succeededWronglyOn)
    .map(
      ({ ok, attempted, where }) =>
        `${ok} of ${attempted} succeeded where too few nodes can be reached: ${where}.`,
    );
  const needless = all
    .filter(failedNeedlesslyOn)
    .map(
      ({ ok, attempted, where }) =>
        `Only ${ok} of ${attempted} succeeded where enough nodes can be reached: ${where}.`,
    );
  const isProof = impossible.length > 0 || expectation.cluster === "sim";
  const reasons = [...impossible, ...needless];
  if (reasons.length === 0) return { verdict: "valid", reasons };
  return { verdict: isProof ? "invalid" : "unknown", reasons };
}

/** What becomes of a request that needs `needed` nodes on a side of so many. */
export function expectedOn(
  side: { readonly size: number; readonly nodes: number; readonly needed: number },
  { n, quorum }: Pick<AvailabilityExpectation, "n" | "quorum">,
): Expected {
  const { size, nodes, needed } = side;
  if (size < needed) return "refused";
  return quorum === "sloppy" || nodes - size <= n - needed ? "served" : "open";
}

function count(
  tallies: Map<string, Tally>,
  { invocation, completion }: Pair,
  { header, phases }: Evidence,
  expectation: AvailabilityExpectation,
): void {
  const needed = neededBy(invocation.f, expectation);
  if (needed === undefined || completion === undefined || neverTried(completion.error)) return;
  const at = phases.find(invocation.timeNs - SETTLE_NS, completion.timeNs);
  const phase = phases.phases[at];
  const side = phase === undefined ? undefined : sideOf(phase, invocation.node, header.nodes);
  if (phase === undefined || side === undefined) return;
  const place = { size: side.length, nodes: header.nodes.length, needed };
  const where = `${invocation.f} on ${side.join("+")} in phase ${phase.name} (${(phase.startNs / 1e9).toFixed(1)} s)`;
  let tally = tallies.get(where);
  if (tally === undefined) {
    tally = { where, expected: expectedOn(place, expectation), attempted: 0, ok: 0 };
    tallies.set(where, tally);
  }
  tally.attempted += 1;
  tally.ok += completion.type === "ok" ? 1 : 0;
}

function succeededWronglyOn({ expected, ok }: Tally): boolean {
  return expected === "refused" && ok > 0;
}

function failedNeedlesslyOn({ expected, attempted, ok }: Tally): boolean {
  return expected === "served" && attempted >= ATTEMPTED_MIN && ok < SERVED_SHARE_MIN * attempted;
}

function neededBy(f: string, { r, w }: AvailabilityExpectation): number | undefined {
  if (f === VIEW) return r;
  return f === ADD || f === REMOVE ? Math.max(r, w) : undefined;
}

/** The harness did not ask, or stopped to listen. A remove that found nothing was a read, and writes say more. */
function neverTried(error: string | undefined): boolean {
  return error === NEVER_BEGUN || error === NEVER_COMPLETED || error === NOTHING_TO_REMOVE;
}

/** The nodes that a client of `home` and its nodes can reach; undefined where that is not plain. */
function sideOf(
  { name, sides, links }: Phase,
  home: string,
  nodes: readonly string[],
): readonly string[] | undefined {
  if (sides.length < 2) return name === HEALTHY ? nodes : undefined;
  const side = sides.find((each) => each.includes(home));
  return side !== undefined && isAlone(side, nodes, links) ? side : undefined;
}

/** True where nothing passes either way between the side and anybody else: beside a bridge, or a cut of one way, it does. */
function isAlone(
  side: readonly string[],
  nodes: readonly string[],
  links: readonly Link[],
): boolean {
  const cut = new Set(links.map(({ from, to }) => `${from}~${to}`));
  const others = nodes.filter((node) => !side.includes(node));
  return side.every((node) =>
    others.every((other) => cut.has(`${node}~${other}`) && cut.has(`${other}~${node}`)),
  );
}
