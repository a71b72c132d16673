import type { NodeId } from "../base/ids.ts";
import type { SeededRandom } from "../base/seeded-random.ts";

/**
 * Swaps the owners of ranges within each of the groups, in place, so that fewer ranges in a row of N have the same owner: a walk would pass over the
 * second one, and its owner keep a copy less than its part (`capacity-shares.ts`). A bounded search, which does what it can: in a small
 * cluster there may be no way to have them all apart, as long as the other ranges stay where they are.
 */
export function swapApart(
  random: SeededRandom,
  owners: NodeId[],
  { groups, n }: { readonly groups: readonly (readonly number[])[]; readonly n: number },
): void {
  if (n === 1) return;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const group of groups) {
      for (const partition of group) {
        if (overlapAt(owners, partition, n) > 0) swapFor(random, owners, { group, partition, n });
      }
    }
  }
}

const ROUNDS = 8;
const TRIES = 32;

interface Search {
  readonly group: readonly number[];
  readonly partition: number;
  readonly n: number;
}

/** Swaps that neither help nor harm are made, too: they lead on where no single swap helps. */
function swapFor(random: SeededRandom, owners: NodeId[], { group, partition, n }: Search): void {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const other = random.pick(group);
    if (owners[other] === owners[partition]) continue;
    const before = overlapAt(owners, partition, n) + overlapAt(owners, other, n);
    swap(owners, partition, other);
    const after = overlapAt(owners, partition, n) + overlapAt(owners, other, n);
    if (after > before) swap(owners, partition, other);
    else if (after < before) return;
  }
}

function swap(owners: NodeId[], one: number, other: number): void {
  const owner = owners[one] as NodeId;
  owners[one] = owners[other] as NodeId;
  owners[other] = owner;
}

/** How many copies the owner of a range keeps less, since it owns others near it. */
function overlapAt(owners: readonly NodeId[], partition: number, n: number): number {
  const owner = owners[partition];
  const count = owners.length;
  let overlap = 0;
  for (let distance = 1; distance < n; distance += 1) {
    if (owners[(partition + distance) % count] === owner) overlap += n - distance;
    if (owners[(partition + count - (distance % count)) % count] === owner) overlap += n - distance;
  }
  return overlap;
}
