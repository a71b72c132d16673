import { equalBytes } from "../../../../src/base/bytes.ts";
import type { Clock, VersioningMode } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import type { Copy, KeyState } from "./key-state.ts";
import type { Violations } from "./violations.ts";

const CHECK = "replicas-differ";

export interface ReplicaCheckOptions {
  readonly mode: VersioningMode;
  /** True where who has lost a key hands over what it has of it, and keeps nothing. */
  readonly areHandedOver: boolean;
}

/**
 * A cluster that has settled holds equal records with each key's primaries, none elsewhere, and no hint. Only where a static list of members was changed may those
 * that were primaries before hold some, too. The paper's clocks may carry different values under one clock, each replica keeping its own for good
 * (K-2), so there records are not compared.
 */
export function checkReplicas(
  state: KeyState,
  { mode, areHandedOver }: ReplicaCheckOptions,
  violations: Violations,
): void {
  const { primaries, name: key } = state;
  const present = state.copies.filter((copy) => copy.visible !== undefined);
  if (present.length === 0) {
    return;
  }
  const report = (anomaly: string, detail: string): void =>
    violations.report(CHECK, () => ({ anomaly, detail, key }));
  for (const { node, owner } of present) {
    if (node !== owner) {
      report("a hint is left in the end", `Node ${node} still keeps a hint for ${owner}`);
    } else if (areHandedOver ? !primaries.includes(node) : !state.wasPrimary(node)) {
      report(
        "a node that is none of the key's primaries holds a row of it",
        `Node ${node} holds a row, and the primaries are ${primaries.join(", ")}`,
      );
    }
  }
  const own = present.filter((copy) => copy.node === copy.owner && primaries.includes(copy.node));
  const missing = primaries.filter((node) => !own.some((copy) => copy.node === node));
  // Tombstones go from one primary after the other.
  const isBeingCollected = own.every(({ visible }) =>
    coversClock(state.collected, visible?.record.clock ?? NO_CLOCK),
  );
  if (missing.length > 0 && !isBeingCollected) {
    report("a primary holds no record in the end", `No record at ${missing.join(", ")}`);
  }
  const isComparable = mode !== "vector-clock" && mode !== "vector-clock-max";
  const other = own.find((copy) => !equalBytes(bytesOf(copy), bytesOf(own[0])));
  if (isComparable && other !== undefined) {
    report(
      "the primaries hold different records in the end",
      `Nodes ${own[0]?.node} and ${other.node} hold ${bytesOf(own[0]).length} and ${bytesOf(other).length} bytes that differ`,
    );
  }
}

function bytesOf(copy: Copy | undefined): Uint8Array {
  return copy?.visible?.record.bytes ?? NOTHING;
}

const NO_CLOCK: Clock = new Map();
const NOTHING = new Uint8Array(0);
