import type { Clock } from "../../../../src/causality/versioning.ts";
import type { FinalSiblings } from "./final-siblings.ts";
import type { ClientRequest, KeyState } from "./key-state.ts";
import { lostWrites } from "./lost-writes.ts";
import type { Violations } from "./violations.ts";

/** What a snapshot says of one key's partition. */
export interface TakenPartition {
  /** Virtual time at which taking it began. */
  readonly begunMs: number;
  /** Nodes of which not everything is in it. */
  readonly missing: readonly string[];
  /** Its own claim: every write that so many nodes acknowledged is there. Null: it took so long that it promises nothing. */
  readonly coversFromW: number | null;
}

export interface SnapshotCheckOptions {
  /** True in the modes whose clocks say what superseded what. */
  readonly tellsCausality: boolean;
  /** Undefined: the plan may lose what was acknowledged, and so may a snapshot. */
  readonly nodesDestroyed: number | undefined;
}

/**
 * What a snapshot promises of a key (D-6.2-8): each write that was acknowledged before its partition was begun is in it, or what
 * superseded it, unless all of the write's nodes were missing or lost their data, or where the snapshot claims to have it all the same;
 * and nothing is in it that nobody wrote.
 */
export function checkSnapshot(
  state: KeyState,
  { begunMs, missing, coversFromW }: TakenPartition,
  { content, options }: { readonly content: FinalSiblings; readonly options: SnapshotCheckOptions },
  violations: Violations,
): void {
  const { nodesDestroyed, tellsCausality } = options;
  const stranger = [...content.payloads].find((payload) => !isWritten(state, payload));
  if (stranger !== undefined) {
    violations.report("snapshot-from-nowhere", () => ({
      anomaly: "a snapshot holds a value that nobody wrote",
      detail: `It holds ${stranger.length} bytes that no client sent for the key`,
      key: state.name,
    }));
  }
  if (coversFromW === null || !tellsCausality || nodesDestroyed === undefined) return;
  const isPromised = ({ ask, acknowledgedMs = begunMs }: ClientRequest): boolean => {
    // Who has lost the key may be the only one that has it still.
    const counted = ask.strict ? missing.filter((node) => state.wasPrimary(node)) : missing;
    const unseen = Math.min(counted.length, coversFromW - 1);
    return acknowledgedMs < begunMs && ask.quorum > nodesDestroyed + unseen;
  };
  for (const request of lostWrites(state, content).filter(isPromised)) {
    const { ask, mints } = request;
    const dots = mints.map(({ actor, counter }) => `${counter} of ${actor}`).join(", ");
    violations.report("snapshot-lacks-write", () => ({
      anomaly: "a snapshot lacks a write that was acknowledged before it began",
      detail: `Request ${ask.id} at node ${ask.node} (dot ${dots}) was acknowledged by ${ask.quorum} nodes at ${request.acknowledgedMs} ms, the partition begun at ${begunMs} ms with ${missing.length} nodes missing, and neither it nor what superseded it is there`,
      key: state.name,
    }));
  }
}

/** What a snapshot without the key holds of it. */
export const NO_CONTENT: FinalSiblings = {
  payloads: new Set(),
  clock: new Map() satisfies Clock,
};

function isWritten({ requests, history }: KeyState, payload: string): boolean {
  return (
    history.mintsOf(payload).length > 0 || requests.some((request) => request.payload === payload)
  );
}
