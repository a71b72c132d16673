import type { Mint } from "./key-history.ts";
import { covers, isSuperseded } from "./key-history.ts";
import type { Copy, KnownRecord, KnownRow } from "./key-state.ts";
import { ownCopyOf } from "./own-copy.ts";
import type { Violations } from "./violations.ts";

const CHECK = "version-dropped";

/**
 * A node's row never loses a version but to a write that superseded it, and then the row's clock covers that write. For
 * the lossless modes; called at each change of a row, with the row it was and the row it is.
 */
export function checkDropped(
  copy: Copy,
  before: KnownRow,
  after: KnownRow,
  violations: Violations,
): void {
  if (before.record === after.record) {
    return;
  }
  // One replica after the other takes the same step, and what was explained once stays so: contexts that are known only grow.
  const { explained } = copy.state;
  if (explained?.before === before.record && explained.after === after.record) return;
  const lost = lostVersions(copy, before.record, after.record);
  // Where dots do not show, a payload may yet come to stand for more writes.
  if (lost.length === 0 && before.record.mints !== undefined) {
    copy.state.explained = { before: before.record, after: after.record };
  }
  for (const mint of lost) {
    violations.report(CHECK, () => ({
      anomaly: "a row lost a version that nothing in it supersedes",
      detail: `Node ${copy.node} dropped write ${mint.serial} of the key (dot ${mint.counter} of ${mint.actor}) from ${placeOf(copy)}, and the row's clock covers no write that superseded it`,
      key: copy.state.name,
    }));
  }
}

export interface RemovalCheckOptions {
  /** True: the owner's durable row must cover the hint, else its visible one. */
  readonly synced: boolean;
  /** False of a node that may have lost what it acknowledged: then it is not asked whether it has a delivered hint. */
  readonly keepsData: (node: string) => boolean;
  /** True where who has lost a key hands on what it has of it. */
  readonly areHandedOver: boolean;
}

/**
 * A row of a node's own is not removed while the key is the node's, or about to be, and a hint only once its owner holds all of it. Where others own the
 * key by now, all of them have to hold what goes (D-4.6-8, D-4.7-5). For the lossless modes.
 */
export function checkRemoved(
  copy: Copy,
  before: KnownRow,
  { synced, keepsData, areHandedOver }: RemovalCheckOptions,
  violations: Violations,
): void {
  const { node, owner, state } = copy;
  const { primaries } = state;
  if (node === owner && (primaries.includes(node) || state.nextPrimaries.includes(node))) {
    violations.report(CHECK, () => ({
      anomaly: "a node removed its own row of a key",
      detail: `Node ${node} removed its row of ${before.record.payloads.length} versions`,
      key: state.name,
    }));
    return;
  }
  const isHeldBy = (target: string): boolean => {
    const own = ownCopyOf(state, target);
    const held = (synced ? own?.durable : own?.visible)?.record;
    return (
      held !== undefined &&
      isCovered(before.record, held) &&
      lostVersions(copy, before.record, held).length === 0
    );
  };
  const isRerouted = !primaries.includes(owner);
  if (areHandedOver && node !== owner && isRerouted && isHeldBy(owner)) return;
  for (const target of isRerouted ? primaries : [owner]) {
    if (!keepsData(target) || isHeldBy(target)) continue;
    const anomaly =
      node === owner
        ? "a row of a lost range was removed before all owners held it"
        : isRerouted
          ? "a hint was removed before all who took over from its owner held it"
          : "a hint was removed before its owner held it";
    violations.report(CHECK, () => ({
      anomaly,
      detail: `Node ${node} removed ${placeOf(copy)}, and the ${synced ? "durable " : ""}row of ${target} does not exist, or does not cover it`,
      key: state.name,
    }));
  }
}

/** Writes in `before` that are not in `after` although nothing that `after` covers supersedes them. */
function lostVersions({ state }: Copy, before: KnownRecord, after: KnownRecord): readonly Mint[] {
  const gone =
    before.mints === undefined || after.mints === undefined
      ? goneByPayload(state.history, before, after)
      : goneByDot(before.mints, after.mints);
  if (gone.length === 0) {
    return gone;
  }
  // What superseded a version mostly came in with the very change that dropped it.
  const news = state.history.topsOf(after.clock, before.clock);
  if (gone.every((mint) => isSuperseded(mint, news))) return NONE;
  const tops = state.history.topsOf(after.clock);
  return gone.filter((mint) => !isSuperseded(mint, tops));
}

const NONE: readonly Mint[] = [];

function goneByDot(before: readonly Mint[], after: readonly Mint[]): readonly Mint[] {
  return before.filter((mint) => !after.includes(mint));
}

/** A payload stands for every write of it that the record has seen. */
function goneByPayload(
  history: Copy["state"]["history"],
  before: KnownRecord,
  after: KnownRecord,
): readonly Mint[] {
  const gone: Mint[] = [];
  for (const payload of before.payloads) {
    if (!after.payloads.includes(payload)) {
      for (const mint of history.mintsOf(payload)) {
        if (covers(before.clock, mint)) {
          gone.push(mint);
        }
      }
    }
  }
  return gone;
}

function isCovered(older: KnownRecord, newer: KnownRecord): boolean {
  for (const [actor, counter] of older.clock) {
    if ((newer.clock.get(actor) ?? 0) < counter) {
      return false;
    }
  }
  return true;
}

function placeOf({ node, owner }: Copy): string {
  return node === owner ? "its own row" : `its hint for ${owner}`;
}
