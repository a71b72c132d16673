import type { FinalRead, HistoryLine } from "../../history/operation.ts";
import type { Call } from "./calls.ts";
import { phaseAt } from "./phases.ts";
import type { RunView } from "./run-view.ts";

/** A lost write with everything the history knows about it. */
export interface Witness {
  readonly key: string;
  readonly value: string;
  /** The write; undefined where the history does not hold it. */
  readonly call: Call | undefined;
  /** Where it was acknowledged: `healthy`, a fault's name, or undefined in between. */
  readonly phase: string | undefined;
  /** Calls on the key, in order of invocation. */
  readonly callsOnKey: readonly Call[];
  /** The last read that still showed the value. */
  readonly lastSeen: Call | undefined;
  /** The first read begun after the acknowledgement that did not show it. */
  readonly firstMissing: Call | undefined;
  readonly finalRead: FinalRead | undefined;
}

const WITNESSES_MAX = 20;

export function findWitnesses(view: RunView): Witness[] {
  const examples = view.summary.lostWrites.examples.slice(0, WITNESSES_MAX);
  const keys = new Set(examples.map(({ key }) => key));
  const calls = new Map<string, Call[]>([...keys].map((key) => [key, []]));
  for (const call of view.calls) calls.get(call.invocation.key)?.push(call);
  const finalReads = new Map<string, FinalRead>();
  for (const line of view.history) {
    if (isFinalRead(line) && keys.has(line.key)) finalReads.set(line.key, line);
  }
  return examples.map(({ key, value, index }) => {
    const callsOnKey = calls.get(key) ?? [];
    const call = callsOnKey.find(
      ({ invocation, completion }) => invocation.index === index || completion?.index === index,
    );
    const reads = callsOnKey.filter((other) => other.outcome === "ok" && isReadAfter(other, call));
    return {
      key,
      value,
      call,
      phase: phaseAt(view.phases, call?.completion?.timeNs ?? -1),
      callsOnKey,
      lastSeen: reads.findLast((read) => shows(read.completion?.value, value)),
      firstMissing: reads.find((read) => !shows(read.completion?.value, value)),
      finalRead: finalReads.get(key),
    };
  });
}

/** Whether a value that was read holds an item; a cart is a list of items. */
export function shows(read: unknown, item: string): boolean {
  return Array.isArray(read) ? read.includes(item) : read === item;
}

// Only what is seen by a read is a list; the value of an add or a remove is the item itself.
function isReadAfter(call: Call, write: Call | undefined): boolean {
  const acknowledgedNs = write?.completion?.timeNs ?? 0;
  return Array.isArray(call.completion?.value) && call.invocation.timeNs >= acknowledgedNs;
}

function isFinalRead(line: HistoryLine): line is FinalRead {
  return line.type === "final-read";
}
