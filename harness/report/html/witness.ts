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
    const reads = callsOnKey.filter((other) => isReadAfter(other, call));
    return {
      key,
      value,
      call,
      phase: phaseAt(view.phases, call?.completion?.timeNs ?? -1),
      callsOnKey,
      lastSeen: reads.findLast((read) => itemsRead(read)?.includes(value)),
      firstMissing: reads.find((read) => !itemsRead(read)?.includes(value)),
      finalRead: finalReads.get(key),
    };
  });
}

/** The items that a completed read showed, none where the cart was absent; undefined where the call read nothing. */
export function itemsRead({ completion, outcome }: Call): readonly unknown[] | undefined {
  if (outcome !== "ok" || completion === undefined) return undefined;
  // Only what is seen by a read is a list or null; the value of an add or a remove is the item itself.
  if (completion.value === null) return [];
  return Array.isArray(completion.value) ? completion.value : undefined;
}

function isReadAfter(call: Call, write: Call | undefined): boolean {
  const acknowledgedNs = write?.completion?.timeNs ?? 0;
  return itemsRead(call) !== undefined && call.invocation.timeNs >= acknowledgedNs;
}

function isFinalRead(line: HistoryLine): line is FinalRead {
  return line.type === "final-read";
}
