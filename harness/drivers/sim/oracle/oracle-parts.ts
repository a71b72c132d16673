import type { TokenKind } from "../../../../src/causality/context-token.ts";
import type { Clock, Versioning } from "../../../../src/causality/versioning.ts";
import type { QuorumCheckOptions } from "./acknowledged-without-quorum.ts";
import { AcknowledgedWatch } from "./acknowledged-write-unseen.ts";
import { DeadlineWatch } from "./answer-late.ts";
import { ForgottenRepeats } from "./forgotten-repeats.ts";
import type { HintBounds } from "./hint-watch.ts";
import { HintWatch } from "./hint-watch.ts";
import type { DeliveryBounds } from "./hints-held-back.ts";
import { HeldBackWatch } from "./hints-held-back.ts";
import type { ClientRequest } from "./key-state.ts";
import { tellsCausality } from "./lossless.ts";
import { MintWatch } from "./mint-watch.ts";
import { ReadWatch } from "./read-without-quorum.ts";
import type { IsCalm } from "./stand-in-late.ts";
import { StoreIndex } from "./store-index.ts";
import { StoredWatch } from "./stored-nowhere.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { Violations } from "./violations.ts";

export interface OracleParts {
  /** Virtual time. */
  readonly nowMs: () => number;
  /** The nodes' own; used to merge what is left in the end, everything else is judged without it. */
  readonly versioning: Versioning;
  /** True where coordinators cut long clocks: what is judged by clocks is not judged then, what is judged by values is. */
  readonly truncated?: boolean;
  /** True where all nodes' clocks are within what hybrid ones follow. */
  readonly clocksKept?: boolean;
  /** The clock in a token, or undefined where no node can have handed it out for the key. */
  readonly openContext: (key: Uint8Array, token: string, kind?: TokenKind) => Clock | undefined;
  readonly nodes: readonly string[];
  readonly n: number;
  /** True where engines promise that what they acknowledge survives: only durable rows count as copies then. */
  readonly synced: boolean;
  /** True where nodes buffer writes: of each write one copy is stored before its request ends. */
  readonly buffered?: boolean;
  /**
   * False where the plan may destroy what was acknowledged: memory engines or unsynced disks that crash, wipes, restores,
   * corruption. Then a lost write is `lossSeen` and no violation, and delivered hints may go whatever became of
   * their owner. All other checks stand: what a node still holds obeys causality even then. Bytes that a disk garbled and
   * its node therefore refuses are no row: they are left out of `rowsReplaced`.
   */
  readonly lossless: boolean;
  /** Nodes whose data the plan destroys at some time: what one of them acknowledged may be gone once it died. */
  readonly destroyed: ReadonlySet<string>;
  /** On how many nodes the plan destroys data: a write whose own W is no more than that may be lost, whatever the plan's W. */
  readonly nodesDestroyed: number;
  readonly bounds: TimeBounds;
  /** Undefined: nodes may keep as many hints, and deliver them as fast, as they like. */
  readonly hintBounds?: HintBounds;
  /** Undefined: nodes may deliver hints as late as they like. */
  readonly deliveryBounds?: DeliveryBounds | undefined;
  readonly isCalm: IsCalm;
  /** Every node, primaries first. */
  readonly preferenceList: (key: Uint8Array) => readonly string[];
  /** The same of the ring that an open change leads to; undefined where none is open. */
  readonly nextPreferenceList?: (key: Uint8Array) => readonly string[] | undefined;
  /** By the ring that the node itself goes by, which may be behind; undefined where it serves nobody. */
  readonly believedPreferenceList?: (
    node: string,
    key: Uint8Array,
  ) => readonly string[] | undefined;
  /** The cluster's own W, where nodes join and leave while it serves, and their ranges with them. Absent: what the ring leaves behind stays. */
  readonly movingW?: number | undefined;
}

/** What the checks share: what is known of all keys and requests, and the watches that several kinds of events feed. */
export interface Watches {
  readonly isLosslessMode: boolean;
  readonly index: StoreIndex;
  readonly violations: Violations;
  readonly forgotten: ForgottenRepeats;
  readonly mints: MintWatch;
  readonly reads: ReadWatch;
  readonly acknowledgements: AcknowledgedWatch;
  readonly deadlines: DeadlineWatch;
  readonly stored: StoredWatch | undefined;
  readonly hints: HintWatch | undefined;
  readonly heldBack: HeldBackWatch | undefined;
  /** Those that are under way, by their id. */
  readonly requests: Map<number, ClientRequest>;
  /** Nodes that died at least once. */
  readonly died: Set<string>;
}

export function createWatches(parts: OracleParts): Watches {
  const { nowMs, versioning, hintBounds, deliveryBounds, buffered } = parts;
  const clocks = { mode: versioning.mode, truncated: parts.truncated ?? false };
  const isLosslessMode = tellsCausality(clocks);
  const violations = new Violations(nowMs);
  const deadlines = new DeadlineWatch(nowMs, parts.bounds, violations);
  const isStoredWatched = buffered === true && isLosslessMode;
  return {
    isLosslessMode,
    index: new StoreIndex(parts),
    violations,
    forgotten: new ForgottenRepeats(),
    mints: new MintWatch(versioning, { violations, deadlines, clocks }),
    reads: new ReadWatch({ ...parts, lossless: isLosslessMode }),
    acknowledgements: new AcknowledgedWatch(parts),
    deadlines,
    stored: isStoredWatched ? new StoredWatch(parts, violations) : undefined,
    hints: hintBounds && new HintWatch(nowMs, hintBounds, violations),
    heldBack: deliveryBounds && new HeldBackWatch(nowMs, deliveryBounds, violations),
    requests: new Map(),
    died: new Set(),
  };
}

export function quorumOptions({
  synced,
  versioning,
  clocksKept = false,
  movingW,
  destroyed,
}: OracleParts): QuorumCheckOptions {
  return { synced, mode: versioning.mode, clocksKept, movingW, destroyed };
}
