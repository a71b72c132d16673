import type { Copy, KnownRecord } from "./key-state.ts";
import type { Violations } from "./violations.ts";

const CHECK = "mint-ignores-row";

/**
 * A coordinator's write builds on everything its node holds of the key, its hints for others too: else the answer to the
 * write lacks versions that the same node shows in a read. For the lossless modes; called with each row in which a dot
 * shows for the first time. A node takes one write of a key after the other, so what it shows is what it had to build on.
 */
export function checkMint(copy: Copy, { clock }: KnownRecord, violations: Violations): void {
  const { state, node } = copy;
  for (const other of state.copies) {
    if (other === copy || other.node !== node || other.visible === undefined) continue;
    for (const [actor, counter] of other.visible.record.clock) {
      if ((clock.get(actor) ?? 0) >= counter) continue;
      violations.report(CHECK, () => ({
        anomaly: "a write builds on less than its node holds",
        detail: `Node ${node} minted without dot ${counter} of ${actor}, which its row for ${other.owner} holds`,
        key: state.name,
      }));
      return;
    }
  }
}
