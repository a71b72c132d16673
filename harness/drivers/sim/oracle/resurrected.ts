import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import type { Mint } from "./key-history.ts";
import { covers, joined } from "./key-history.ts";
import type { Copy, KeyState, KnownRecord, KnownRow } from "./key-state.ts";
import { TOMBSTONE } from "./shown-versions.ts";
import { isSupersededElsewhere } from "./superseded-elsewhere.ts";
import type { Violations } from "./violations.ts";

const CHECK = "resurrected";

export interface CollectionCheckOptions {
  /** False where nodes may lose what they acknowledged: then an older value may come back, and nothing is judged. */
  readonly keepsData: boolean;
}

/**
 * True for what a node may collect: tombstones and nothing beside them, but in dvvset for what was superseded under another dot and
 * shows in no answer (D-4.4-12).
 */
export function isTombstonesOnly(state: KeyState, { record }: KnownRow): boolean {
  if (!record.payloads.includes(TOMBSTONE)) return false;
  // Only that mode tells of each version which mint it is; of equal bytes that were written before nothing is to be learnt.
  if (record.mints === undefined) return record.payloads.every((payload) => payload === TOMBSTONE);
  return record.mints.every(
    (mint) => mint.payload === TOMBSTONE || isSupersededElsewhere(state, mint, record.clock),
  );
}

/**
 * A node removed its own row of tombstones (K-12). From then on nothing tells that what they superseded is old, so
 * nothing older may be left anywhere: in no row, on no disk, in no hint. What was written meanwhile covers them, or nothing that they
 * do, where its coordinator had removed them already.
 */
export function checkCollected(
  copy: Copy,
  before: KnownRow,
  { keepsData }: CollectionCheckOptions,
  violations: Violations,
): void {
  const { state, node } = copy;
  const { clock } = before.record;
  state.collected = joined(state.collected, clock);
  if (!keepsData) return;
  for (const other of state.copies) {
    if (other === copy) continue;
    const older = [other.visible, other.durable].find(
      (row) => row !== undefined && isOlder(state, row, clock),
    );
    if (older === undefined) continue;
    violations.report(CHECK, () => ({
      anomaly: "tombstones were collected while something older was left",
      detail: `Node ${node} removed them, and node ${other.node} holds ${older.record.payloads.length} versions ${other.node === other.owner ? "of its own" : `for ${other.owner}`} that do not cover them`,
      key: state.name,
    }));
    return;
  }
}

/** A row never holds a value again that collected tombstones had superseded. */
export function checkResurrected(copy: Copy, { record }: KnownRow, violations: Violations): void {
  const { state, node } = copy;
  const { collected } = state;
  if (collected.size === 0) return;
  const back = record.payloads.find(
    (payload) => payload !== TOMBSTONE && isVersionOf(state, { payload, record }, collected),
  );
  if (back === undefined) return;
  violations.report(CHECK, () => ({
    anomaly: "a deleted value is there again",
    detail: `Node ${node} holds a value that tombstones, collected since, had superseded`,
    key: state.name,
  }));
}

/** True where the write is explained by tombstones that are gone. */
export function isCollected({ collected }: KeyState, mint: Mint): boolean {
  return covers(collected, mint);
}

/** True for a row that lacks tombstones of this clock and holds something that they supersede. */
function isOlder(state: KeyState, { record }: KnownRow, tombstones: Clock): boolean {
  if (coversClock(record.clock, tombstones)) return false;
  return record.payloads.some((payload) => isVersionOf(state, { payload, record }, tombstones));
}

interface Version {
  readonly payload: string;
  /** That holds it. */
  readonly record: KnownRecord;
}

/** True where the clock covers every write that the version may be. */
function isVersionOf({ history }: KeyState, { payload, record }: Version, clock: Clock): boolean {
  const own = (record.mints ?? history.mintsOf(payload)).filter(
    (mint) => mint.payload === payload && covers(record.clock, mint),
  );
  return own.length > 0 && own.every((mint) => covers(clock, mint));
}
