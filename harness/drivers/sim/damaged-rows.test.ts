/*
 * Aim: a row that a disk has garbled is repaired from the others although nobody reads it (D-4.7-4), and keys that cannot be repaired
 * hold up no others (D-4.7-2). Method: three simulated nodes with every key; bits of values on the medium are flipped.
 */
import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../../../src/base/bytes.ts";
import { recordOf } from "../../../src/replica/row.ts";
import { keyOfRecordRow } from "../../../src/replica/row-keys.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const ANTI_ENTROPY_MS = 200;
const VERIFY_MS = 1_000;
const KEYS = Array.from({ length: 60 }, (_, number) => `key ${number}`);

async function filledCluster({ rowCacheBytes = 0 } = {}) {
  const settings = { antiEntropyMs: ANTI_ENTROPY_MS, verifyTreesMs: VERIFY_MS, rowCacheBytes };
  const world = await smallCluster({ world: { settings } });
  const { ask, cluster, drive } = world;
  for (const [at, key] of KEYS.entries()) {
    const node = cluster.nodes[at % cluster.nodes.length] ?? "";
    const target = `${pathOf(key)}?w=3`;
    expect((await drive(ask(node, { method: "PUT", target, body: `of ${key}` }))).status).toBe(204);
  }
  /** Whole records of a node, by key, in hexadecimal. */
  const records = (node: string): ReadonlyMap<string, string> =>
    new Map(
      cluster
        .machine(node)
        .disk.rows()
        .filter(({ table }) => table === "records")
        .map(({ key, value = new Uint8Array(0) }) => [
          Buffer.from(keyOfRecordRow(key)).toString(),
          Buffer.from(recordOf(value)).toString("hex"),
        ]),
    );
  const counted = (node: string, name: string): number =>
    cluster.machine(node).metrics?.counters().get(name) ?? 0;
  const damage = (node: string, count: number): void => {
    for (let left = count; left > 0; left -= 1) {
      expect(cluster.machine(node).disk.corruptOne()).toBe(true);
    }
  };
  return { ...world, records, counted, damage };
}

describe("damaged rows that nobody reads", () => {
  test("are found by the pass over all rows and repaired by exchanges alone", async () => {
    const { crashes, damage, pass, records, counted } = await filledCluster();
    const before = records("n1");
    damage("n1", 20);
    expect(records("n1").size).toBe(KEYS.length - 20);
    await pass(VERIFY_MS + 10 * ANTI_ENTROPY_MS);
    expect(records("n1")).toEqual(before);
    expect(counted("n1", "ringside_merkle_damaged_rows_total")).toBe(20);
    expect(crashes).toEqual([]);
  });

  test("D-4.7-4 are found under a cache that has them whole, and repaired on the disk", async () => {
    const world = await filledCluster({ rowCacheBytes: 10_000_000 });
    const { ask, cluster, crashes, counted, damage, drive, pass, records } = world;
    const digestOf = async (key: string) =>
      (await drive(ask("n1", { target: `/admin/replica/${toBase64url(utf8Bytes(key))}` }))).status;
    for (const key of KEYS) expect(await digestOf(key)).toBe(200);
    const before = records("n1");
    const hits = counted("n1", "ringside_row_cache_hits_total");
    damage("n1", 20);
    // From memory: what the disk has of 20 of them is none of these answers.
    for (const key of KEYS) expect(await digestOf(key)).toBe(200);
    expect(counted("n1", "ringside_row_cache_hits_total")).toBe(hits + KEYS.length);
    expect(records("n1").size).toBe(KEYS.length - 20);
    await pass(VERIFY_MS + 10 * ANTI_ENTROPY_MS);
    expect(records("n1")).toEqual(before);
    expect(cluster.machine("n1").disk.rows().length).toBeGreaterThanOrEqual(KEYS.length);
    expect(counted("n1", "ringside_merkle_damaged_rows_total")).toBe(20);
    expect(crashes).toEqual([]);
  });

  test("on every node stay, are told of, and hold up no other key", async () => {
    const { ask, crashes, damage, drive, pass, records, counted } = await filledCluster();
    const before = records("n1");
    // Ever more rows, until some key is whole nowhere.
    const nodes = ["n1", "n2", "n3"];
    const isLost = (key: string): boolean => nodes.every((node) => !records(node).has(key));
    while (!KEYS.some(isLost)) for (const node of nodes) damage(node, 1);
    const lost = KEYS.filter(isLost);
    await pass(3 * VERIFY_MS + 40 * ANTI_ENTROPY_MS);
    for (const node of nodes) {
      expect([...records(node).keys()].sort()).toEqual(
        KEYS.filter((key) => !lost.includes(key)).sort(),
      );
      for (const [key, record] of records(node)) expect(record).toBe(before.get(key));
    }
    // Each pass over the rows tells of them once more.
    expect(counted("n1", "ringside_merkle_damaged_rows_total")).toBeGreaterThan(2 * lost.length);
    for (const key of lost) {
      expect((await drive(ask("n1", { target: pathOf(key) }))).status).toBe(503);
    }
    expect(crashes).toEqual([]);
  });
});
