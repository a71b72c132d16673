import { isSuperseded } from "./key-history.ts";
import type { Copy, KnownRow } from "./key-state.ts";
import type { Violations } from "./violations.ts";

const CHECK = "version-kept";

/**
 * A row holds no version that a write in its own clock superseded: that version's client was told that it is replaced, and
 * siblings would never end. For records that say which version has which dot (dvvset), and only while it is certain what
 * each write superseded; the other lossless mode keeps false siblings by design (K-5).
 */
export function checkKept(copy: Copy, { record }: KnownRow, violations: Violations): void {
  const { history } = copy.state;
  if (record.mints === undefined || record.mints.length < 2 || !history.isCertain) return;
  const tops = history.topsOf(record.clock);
  for (const mint of record.mints) {
    if (!isSuperseded(mint, tops)) continue;
    violations.report(CHECK, () => ({
      anomaly: "a row keeps a version that a write in it superseded",
      detail: `Node ${copy.node} wrote a row with write ${mint.serial} of the key (dot ${mint.counter} of ${mint.actor}) although the row's clock covers a write whose context covered that`,
      key: copy.state.name,
    }));
  }
}
