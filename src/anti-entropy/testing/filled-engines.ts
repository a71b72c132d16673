/*
 * Rows put into engines before the nodes on them start, past all clients, and two nodes that hold them.
 */
import { actorOf } from "../../base/actor.ts";
import { utf8Bytes } from "../../base/bytes.ts";
import { nodeId } from "../../base/ids.ts";
import { versioningFor } from "../../causality/versioning-for.ts";
import { ClusterWorld } from "../../http/testing/cluster-world.ts";
import { encodeRow, recordOf } from "../../replica/row.ts";
import { recordRowKey } from "../../replica/row-keys.ts";
import { createRing } from "../../ring/partition-table.ts";
import type { Engine } from "../../storage/engine.ts";

export const EVERY_MS = 1_000;
export const PARTITIONS = 1_024;
export const VERSIONING = versioningFor("dvvset");
const RING = createRing({
  clusterId: "world",
  nodes: [nodeId("n1"), nodeId("n2")],
  partitionCount: PARTITIONS,
});

export function rowKeyOf(key: string): Uint8Array {
  return recordRowKey(RING.partitionOf(utf8Bytes(key)), utf8Bytes(key));
}

/** A version of its own for each text. */
export function recordWith(text: string, under = VERSIONING.empty): Uint8Array {
  const actor = actorOf({ nodeId: nodeId("n9"), incarnation: "AAAAAAAAAAA", epoch: text.length });
  const mint = { actor, wallMs: 1 };
  return VERSIONING.encode(VERSIONING.update(under, under.clock, utf8Bytes(text), mint));
}

export async function fill(engine: Engine, records: Iterable<readonly [string, Uint8Array]>) {
  const writes = [...records].map(([key, record]) => ({
    table: "records" as const,
    key: rowKeyOf(key),
    value: encodeRow({ localActor: undefined, record }),
  }));
  await engine.write(writes);
}

export async function recordsOf(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.scan("records", { limit: 1_000_000 });
  return new Map(
    rows.map(({ key, value }) => [
      Buffer.from(key).toString("hex"),
      Buffer.from(recordOf(value ?? new Uint8Array(0))).toString("hex"),
    ]),
  );
}

export function exchanges(world: ClusterWorld, outcome: string): number {
  let count = 0;
  for (const { environment } of world.nodes.values()) {
    count += environment.metrics.valueOf("ringside_anti_entropy_exchanges_total", { outcome });
  }
  return count;
}

/** Two nodes that hold these rows, with all of their trees built. */
export async function twoNodes(
  engines: readonly [Engine, Engine],
  settings: ConstructorParameters<typeof ClusterWorld>[1] = {},
): Promise<ClusterWorld> {
  const world = new ClusterWorld(2, {
    n: 2,
    r: 1,
    w: 1,
    partitions: PARTITIONS,
    antiEntropyMs: EVERY_MS,
    ...settings,
  });
  await world.startNode("n1", engines[0]);
  await world.startNode("n2", engines[1]);
  return world;
}
