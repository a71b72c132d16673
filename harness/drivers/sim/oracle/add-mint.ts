import type { Clock } from "../../../../src/causality/versioning.ts";
import type { Mint } from "./key-history.ts";
import { joined } from "./key-history.ts";
import type { ClientRequest, KeyState } from "./key-state.ts";

/** Who asked for one of these and was not told yet that it is done. */
function waitingFor(state: KeyState, payloads: readonly string[]): readonly ClientRequest[] {
  const only = payloads.length === 1 ? payloads[0] : undefined;
  if (only !== undefined) return state.writersOf(only) ?? NOBODY;
  return payloads.flatMap((payload) => state.writersOf(payload) ?? NOBODY);
}

/** Who may have asked for the write of a new dot. Where all were told that it is done, it was done elsewhere before. */
function writersOf(
  state: KeyState,
  payloads: readonly string[],
  waiting: readonly ClientRequest[],
): readonly ClientRequest[] {
  return waiting.length > 0 ? waiting : state.requestsFor(payloads);
}

/** A fresh dot for one of these payloads; whoever waits to write one of them may have written it. */
export function addMint(
  state: KeyState,
  dot: Pick<Mint, "actor" | "counter" | "operation">,
  payloads: readonly string[],
): Mint {
  const waiting = waitingFor(state, payloads);
  const writers = writersOf(state, payloads, waiting);
  let context: Clock = NOTHING;
  for (const writer of writers) {
    context = joined(context, writer.context ?? NOTHING);
  }
  // Made once more after its client had its answer, while others wait for a write of the same bytes: an operation has one context.
  for (const payload of payloads) {
    for (const { operation, context: known } of state.history.mintsOf(payload)) {
      if (operation !== undefined && operation === dot.operation) context = joined(context, known);
    }
  }
  const [first] = writers;
  // A client library that asks again sends the same context; then it does not matter which of its requests it was.
  if (writers.some(({ ask }) => ask.context !== first?.ask.context)) state.history.doubt();
  const mint = state.history.add({ ...dot, payload: payloads[0] ?? "", context });
  for (const writer of waiting) {
    writer.mints.push(mint);
    writer.sharesMints ||= waiting.length > 1;
  }
  return mint;
}

const NOTHING: Clock = new Map();
const NOBODY: readonly ClientRequest[] = [];
