import fc from "fast-check";
import { expect, test } from "vitest";
import type { Siblings } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { openReplica, replicaEnvironment } from "./testing/replica-world.ts";

/*
 * Aim: what hints, repairs and delayed puts bring may come late, twice and in any order. Method: two replicas write one key, now and
 * then over what the other holds; all records that were ever sent arrive at a third, some again, in a drawn order.
 */

const KEY = Buffer.from("k");
const write = fc.record({ node: fc.nat({ max: 1 }), blind: fc.boolean(), meets: fc.boolean() });

// `merged` is not among them: which false siblings it keeps depends on the order (K-5).
test.each(["dvvset", "lww"] as const)(
  "D-4.5-8, D-4.6-7, K-13 in mode %s a row ends the same whatever the order and however often records arrive, without a new dot",
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (writes, picks) => {
          const records = await recordsOf(mode, writes);
          const again = records.map(() => records[nextOf(picks) % records.length] as Uint8Array);
          const arrivals = [...records, ...again]
            .map((record) => ({ record, at: nextOf(picks) }))
            .sort((left, right) => left.at - right.at);
          const inOrder = await rowAfter(mode, records);
          const shuffled = await rowAfter(
            mode,
            arrivals.map(({ record }) => record),
          );
          expect(shuffled).toEqual(inOrder);
          expect(await rowAfter(mode, [...records, ...records.toReversed()])).toEqual(inOrder);
          const { decode, merge, empty } = versioningFor(mode);
          const known = records
            .map((record) => decode(record))
            .reduce<Siblings>((all, one) => merge(all, one), empty);
          expect(decode(inOrder).clock).toEqual(known.clock);
        },
      ),
      { numRuns: 60 },
    );
  },
);

/** Every record two replicas made by these writes, the oldest first. */
async function recordsOf(
  mode: "dvvset" | "lww",
  writes: readonly { readonly node: number; readonly blind: boolean; readonly meets: boolean }[],
): Promise<readonly Uint8Array[]> {
  const versioning = versioningFor(mode);
  const replicas = await Promise.all(
    [1, 2].map((seed) => openReplica(new MemoryEngine(), versioning, replicaEnvironment(seed))),
  );
  const records: Uint8Array[] = [];
  for (const [index, { node, blind, meets }] of writes.entries()) {
    const [replica, other] = node === 0 ? replicas : replicas.toReversed();
    const brought = meets ? await other?.read(KEY) : undefined;
    if (brought !== undefined) await replica?.store(KEY, brought, undefined);
    const held = await replica?.read(KEY);
    const context = blind || held === undefined ? new Map() : versioning.decode(held).clock;
    const minted = await replica?.mint(KEY, context, Buffer.from(`${index}`), undefined);
    if (minted !== undefined) records.push(minted.record);
  }
  return records;
}

async function rowAfter(
  mode: "dvvset" | "lww",
  arrivals: readonly Uint8Array[],
): Promise<Uint8Array> {
  const replica = await openReplica(new MemoryEngine(), versioningFor(mode), replicaEnvironment(3));
  for (const record of arrivals) await replica.store(KEY, record, undefined);
  return (await replica.read(KEY)) ?? new Uint8Array();
}

function nextOf(picks: { next(): IteratorResult<number> }): number {
  return picks.next().value;
}
