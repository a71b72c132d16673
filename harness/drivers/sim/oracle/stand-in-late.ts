import type { HintBounds } from "./hint-watch.ts";
import type { ClientRequest } from "./key-state.ts";
import type { TimeBounds } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

/** True where nothing is wrong with either node, nor with the links between them, and nothing has been since `sinceMs`. */
export type IsCalm = (node: string, peer: string, sinceMs: number) => boolean;

export interface StandInOptions {
  /** Virtual time. */
  readonly nowMs: () => number;
  readonly nodes: readonly string[];
  readonly n: number;
  readonly bounds: TimeBounds;
  readonly isCalm: IsCalm;
  readonly hintBounds?: Pick<HintBounds, "hintsMax" | "hintBytesMax"> | undefined;
}

/** A run has a few dozen keys of a few hundred bytes: with room for this much no stand-in refuses a hint. */
const ROOM = { hints: 1_000, bytes: 1_000_000 };

/**
 * A request does not wait for the silent while it could do without them (D-4.6-1, D-4.5-3): every `hedgeMs` each silent
 * replica gets a stand-in, so that after as many rounds as use up all fallbacks every healthy node was asked, and where
 * these are R, or W, with the coordinator, it is answered. Answered late, or refused at its deadline, it waited for somebody
 * it did not need.
 *
 * Healthy are those that no fault touches and that the coordinator had time to find again. A write that may have been
 * forwarded is not judged: it waits for one node alone.
 */
export function checkStandIns(
  { ask, state, payload, askedMs }: ClientRequest,
  { nowMs, nodes, n, bounds, isCalm, hintBounds }: StandInOptions,
  violations: Violations,
): void {
  const { hedgeMs, readAnswerMs, writeAnswerMs, ownersCoordinate, settleMs } = bounds;
  // It may have had to wait for one certain node: the one that has what its client knows, or a primary's word.
  if (ask.method === "GET" && waitsForMore(ask)) return;
  const waitedMs = nowMs() - askedMs;
  const answerMs = payload === undefined ? readAnswerMs : writeAnswerMs;
  if (waitedMs <= answerMs) return;
  const staysHere = ownersCoordinate && state.primaries.includes(ask.node);
  if (payload !== undefined && !staysHere) return;
  const fallbackCount = ask.strict ? 0 : nodes.length - n;
  // Each round asks on behalf of every silent slot, of which there are more than the request can do without.
  const rounds = Math.ceil(fallbackCount / (n - ask.quorum + 1));
  // A healthy node that may seem silent gets a stand-in too, and then two healthy ones serve one slot.
  if (rounds > 0 && answerMs >= hedgeMs) return;
  if (waitedMs <= rounds * hedgeMs + answerMs) return;
  // A stand-in without room for a hint is of no use to a write.
  const needsRoom = payload !== undefined && mayBeFull(hintBounds);
  const usable = ask.strict || needsRoom ? state.primaries : nodes;
  const healthy = usable.filter((node) => isCalm(ask.node, node, askedMs - settleMs));
  if (healthy.length < ask.quorum || !isCalm(ask.node, ask.node, askedMs - settleMs)) return;
  violations.report("stand-in-late", () => ({
    anomaly: "a request waited for silent nodes while enough others were healthy",
    detail: `Node ${ask.node} took ${waitedMs.toFixed(3)} ms for request ${ask.id} (${ask.method}), which needs ${ask.quorum} nodes; ${healthy.join(", ")} were healthy, and ${rounds} rounds of ${hedgeMs} ms and ${answerMs.toFixed(3)} ms for the answer would have been enough`,
    key: state.name,
  }));
}

function mayBeFull(bounds: StandInOptions["hintBounds"]): boolean {
  return bounds !== undefined && (bounds.hintsMax < ROOM.hints || bounds.hintBytesMax < ROOM.bytes);
}

function waitsForMore({ context, session, ignoresNotFound }: ClientRequest["ask"]): boolean {
  return context !== "" || session !== undefined || ignoresNotFound === true;
}
