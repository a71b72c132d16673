import type { NodeId } from "../base/ids.ts";
import type { Ring } from "../ring/ring.ts";

/**
 * Who gets a hint (D-4.6-4, D-4.6-8): its owner while that is one of the key's primaries; once it has left the ring, or others
 * own the key, all of the key's primaries, since any of them may lack what the owner was to have. Who will own the key counts as an owner
 * already (D-4.9-4).
 */
export function hintTargets(
  { owner, key }: { readonly owner: NodeId; readonly key: Uint8Array },
  ring: Ring,
  n: number,
): readonly NodeId[] {
  const primaries = ring.preferenceList(key).slice(0, n);
  const next = ring.next?.preferenceList(key).slice(0, n) ?? [];
  return primaries.includes(owner) || next.includes(owner) ? [owner] : primaries;
}
