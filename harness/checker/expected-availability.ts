/*
 * Whether the store answered where its quorums say that it can, and nowhere else (C8).
 *
 * Problem: availability that is only measured convicts nobody. Sketch: who can exchange messages with whom is known of each fault
 * (`reach.ts`), and a request needs k = R, or W, nodes that answer its coordinator. Where every node that may coordinate it hears
 * fewer, no request can succeed, and one that does was acknowledged by nodes that cannot have answered. Where each of them
 * hears k or more, with sloppy quorums every request can, since any k nodes will do; with strict ones those of every key can
 * where so few nodes are away that each key has k owners left (away <= N - k). Of all else nothing is known without the keys'
 * owners, and nothing is said. Where every request can, no key may be left out (`served-keys.ts`). A write of a cart reads first, so both must go well. A client that was refused leaves the node alone for
 * a while (`Retry-After`) and may find no other, so even a view is sure to be served only where writes are, too.
 *
 * Judged are the healthy intervals, cuts of every shape, nodes that are silent and links that are slow, each from `SETTLE_NS` on,
 * when the nodes know who is away. What other faults cost is measured by `availability.ts`.
 *
 * A success that cannot be is proof. A refusal that need not be is one only in virtual time: elsewhere the machine may
 * have been too busy, and the verdict is unknown, which is no success either.
 */

import { ADD, NEVER_BEGUN, NOTHING_TO_REMOVE, REMOVE, VIEW } from "../history/cart-operation.ts";
import type { Pair } from "../history/pairs.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import type { Phase } from "./phases.ts";
import type { Reach } from "./reach.ts";
import { reachOf } from "./reach.ts";
import { ServedKeys } from "./served-keys.ts";

export interface AvailabilityExpectation {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: "sloppy" | "strict";
  readonly clientsRoam: boolean;
  readonly clientRouting?: "owners";
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
  readonly f: string;
  readonly where: string;
  readonly homes: string[];
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
  const tallies = new Tallies(evidence, expectation);
  for (const pair of evidence.pairs) tallies.count(pair);
  const { all } = tallies;
  const impossible = all
    .filter(succeededWronglyOn)
    .map(
      (tally) =>
        `${tally.ok} of ${tally.attempted} succeeded where too few nodes can be reached: ${placeOf(tally)}.`,
    );
  const needless = all
    .filter(failedNeedlesslyOn)
    .map(
      (tally) =>
        `Only ${tally.ok} of ${tally.attempted} succeeded where enough nodes can be reached: ${placeOf(tally)}.`,
    );
  needless.push(...tallies.servedKeys.reasons());
  const isProof = impossible.length > 0 || expectation.cluster === "sim";
  const reasons = [...impossible, ...needless];
  if (reasons.length === 0) return { verdict: "valid", reasons };
  return { verdict: isProof ? "invalid" : "unknown", reasons };
}

/** What becomes of a request of which `most` nodes may answer its coordinator, and `least` do. */
export function expectedOf(
  reached: { readonly most: number; readonly least: number; readonly needed: number },
  { nodes, n, quorum }: Pick<AvailabilityExpectation, "n" | "quorum"> & { readonly nodes: number },
): Expected {
  const { most, least, needed } = reached;
  if (most < needed) return "refused";
  if (least < needed) return "open";
  return quorum === "sloppy" || nodes - least <= n - needed ? "served" : "open";
}

/** Counts what becomes of requests, together where clients may expect the same: each alone may have asked too little for a share. */
class Tallies {
  readonly all: Tally[] = [];
  readonly servedKeys = new ServedKeys();
  readonly #evidence: Evidence;
  readonly #expectation: AvailabilityExpectation;
  readonly #byExpected = new Map<string, Tally>();
  readonly #byHome = new Map<string, Tally>();

  constructor(evidence: Evidence, expectation: AvailabilityExpectation) {
    this.#evidence = evidence;
    this.#expectation = expectation;
  }

  count({ invocation, completion }: Pair): void {
    const { f, key, node: home } = invocation;
    // A remove that found nothing was a read, and writes say more.
    if (!KNOWN.has(f) || completion === undefined || completion.error === NOTHING_TO_REMOVE) return;
    const { phases } = this.#evidence;
    // Where no process was free to ask when it was due, all of them were waiting for answers.
    const { intendedNs: dueNs, timeNs: begunNs } = invocation;
    const isBegun = completion.error !== NEVER_BEGUN;
    const startNs = isBegun ? begunNs : dueNs;
    const at = phases.find(startNs - SETTLE_NS, isBegun ? completion.timeNs : dueNs);
    const phase = phases.phases[at];
    if (phase === undefined) return;
    const tally = this.#byHome.get(`${f} ${at} ${home}`) ?? this.#tallyOf(f, at, home, phase);
    tally.attempted += 1;
    const isOk = completion.type === "ok";
    tally.ok += isOk ? 1 : 0;
    // What was never begun says nothing of its key: it was not asked for it.
    if (tally.expected === "served" && isBegun) {
      this.servedKeys.count({ key, f, where: tally.where, isOk });
    }
  }

  #tallyOf(f: string, at: number, home: string, phase: Phase): Tally {
    const { clientsRoam, clientRouting } = this.#expectation;
    const { nodes } = this.#evidence.header;
    const reach = reachOf(phase, { nodes, clientsRoam, asksOwners: clientRouting === "owners" });
    const expected =
      reach === undefined
        ? "open"
        : expectedOn(reach, { f, home }, { ...this.#expectation, nodes: nodes.length });
    const key = `${f} ${at} ${expected}`;
    let tally = this.#byExpected.get(key);
    if (tally === undefined) {
      const where = `in phase ${phase.name} (${(phase.startNs / 1e9).toFixed(1)} s)`;
      tally = { f, where, homes: [], expected, attempted: 0, ok: 0 };
      this.#byExpected.set(key, tally);
      this.all.push(tally);
    }
    tally.homes.push(home);
    this.#byHome.set(`${f} ${at} ${home}`, tally);
    return tally;
  }
}

function expectedOn(
  reach: Reach,
  { f, home }: { readonly f: string; readonly home: string },
  { r, w, ...cluster }: AvailabilityExpectation & { readonly nodes: number },
): Expected {
  const part = (isWrite: boolean, needed: number) =>
    expectedOf(
      { most: reach.most(home, isWrite), least: reach.least(home, isWrite), needed },
      cluster,
    );
  const [read, write] = [part(false, r), part(true, w)];
  if (read === "refused" || (f !== VIEW && write === "refused")) return "refused";
  return read === "served" && write === "served" ? "served" : "open";
}

const KNOWN: ReadonlySet<string> = new Set([ADD, REMOVE, VIEW]);

function placeOf({ f, homes, where }: Tally): string {
  return `${f} by clients of ${homes.sort().join(", ")} ${where}`;
}

function succeededWronglyOn({ expected, ok }: Tally): boolean {
  return expected === "refused" && ok > 0;
}

function failedNeedlesslyOn({ expected, attempted, ok }: Tally): boolean {
  return expected === "served" && attempted >= ATTEMPTED_MIN && ok < SERVED_SHARE_MIN * attempted;
}
