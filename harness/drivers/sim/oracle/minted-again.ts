import type { Mint } from "./key-history.ts";
import type { Copy, KnownRow } from "./key-state.ts";
import type { Violations } from "./violations.ts";

/**
 * A node that holds a write does not make it again when its client, who named it, sends it once more (K-11). For dvvset,
 * where a record says which version is which write.
 */
export function checkMintedOnce(
  { node, state, visible: before }: Copy,
  fresh: Mint,
  violations: Violations,
): void {
  if (!state.isOneOperation(fresh.payload)) return;
  const held = state.copies.map((copy) => (copy.node === node ? copy.visible : undefined));
  const earlier = [before, ...held]
    .flatMap((row) => mintsIn(row))
    .find((mint) => isSame(mint, fresh));
  if (earlier === undefined) return;
  violations.report("write-minted-again", () => ({
    anomaly: "a node made a write again that it held",
    detail: `Node ${node} minted dot ${fresh.counter} of ${fresh.actor} for the write of dot ${earlier.counter} of ${earlier.actor}, which it held and whose client had named it`,
    key: state.name,
  }));
}

function mintsIn(row: KnownRow | undefined): readonly Mint[] {
  return row?.record.mints ?? [];
}

function isSame(mint: Mint, fresh: Mint): boolean {
  return mint !== fresh && mint.payload === fresh.payload;
}
