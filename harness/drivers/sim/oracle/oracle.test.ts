/**
 * Aim: the oracle is silent about the real store, however its links are cut, and is not about the store with one thing wrong.
 * Method: five real nodes on virtual time whose engines and handlers tell the oracle everything; clients add to shared carts,
 * delete them and ask for siblings, on a random schedule from one seed.
 */
import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../../../../src/base/bytes.ts";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { VersioningMode } from "../../../../src/causality/versioning.ts";
import type { ClusterWorld } from "../../../../src/http/testing/cluster-world.ts";
import type { Oracle } from "./oracle.ts";
import type { Meddle, ObservedOptions } from "./testing/observed-cluster.ts";
import { observedCluster } from "./testing/observed-cluster.ts";

const KEYS = ["cart-1", "cart-2"];
const ROUNDS = 25;
const CLIENTS = 4;

describe("the oracle over real nodes", () => {
  test.each([0, 1, 2, 3, 4, 5])("is silent about dvvset, seed %i", async (seed) => {
    const oracle = await play("dvvset", seed);
    expect(oracle.violations).toEqual([]);
    expect(oracle.losses.count).toBe(0);
  });

  test.each([0, 1, 2, 3])("is silent about merged, seed %i", async (seed) => {
    const oracle = await play("merged", seed);
    expect(oracle.violations).toEqual([]);
    expect(oracle.losses.count).toBe(0);
  });

  test.each(["vector-clock", "vector-clock-max", "lww"] as const)(
    "sees %s lose writes, which is no violation",
    async (mode) => {
      let lost = 0;
      for (let seed = 0; seed < 3; seed += 1) {
        const oracle = await play(mode, seed);
        expect(oracle.violations).toEqual([]);
        lost += oracle.losses.count;
      }
      expect(lost).toBeGreaterThan(0);
    },
  );

  test.each(["dvvset", "merged"] as const)(
    "is silent about %s where nodes lose all they have and the plan says so",
    async (mode) => {
      let lost = 0;
      for (let seed = 0; seed < 4; seed += 1) {
        const oracle = await play(mode, seed, { wipes: true, lossless: false });
        expect(oracle.violations).toEqual([]);
        lost += oracle.losses.count;
      }
      expect(lost).toBeGreaterThan(0);
    },
  );

  test("finds a node that says it stored what it did not", async () => {
    const oracle = await play("dvvset", 0, {
      meddle: (node, write) => (node === "n2" && write.table === "records" ? undefined : write),
    });
    expect(oracle.violations.map((violation) => violation.check)).toContain(
      "acknowledged-without-quorum",
    );
  });

  test("finds a node that keeps hints to itself until they are gone", async () => {
    const oracle = await play("dvvset", 1, {
      meddle: (_node, write) => (write.table === "hints" ? { ...write, value: undefined } : write),
    });
    const checks = new Set(oracle.violations.map((violation) => violation.check));
    expect(checks).toContain("acknowledged-without-quorum");
  });

  test("is the same, to the word, for the same seed", async () => {
    const meddle: Meddle = (node, write) => (node === "n2" ? undefined : write);
    const [one, other] = [await play("dvvset", 3, { meddle }), await play("dvvset", 3, { meddle })];
    expect(one.violationCount).toBeGreaterThan(0);
    expect(other.violations).toEqual(one.violations);
  });
});

interface PlayOptions extends ObservedOptions {
  /** Now and then a node loses all it has. */
  readonly wipes?: boolean;
}

async function play(
  mode: VersioningMode,
  seed: number,
  { wipes = false, ...options }: PlayOptions = {},
): Promise<Oracle> {
  const random = new SeededRandom(seed);
  const { world, oracle, wipe } = await observedCluster(mode, options);
  for (let round = 0; round < ROUNDS; round += 1) {
    cutSomeLinks(world, random);
    if (wipes && random.integer(4) === 0) await wipe(random.pick(world.names));
    const clients = Array.from({ length: CLIENTS }, (_, client) =>
      act(world, random, `${round}.${client}`),
    );
    await Promise.all(clients);
    await world.pass(random.integer(150));
  }
  world.heal();
  await world.pass(6_000);
  for (const key of KEYS) {
    await world.read(random.pick(world.names), key, "?r=3");
  }
  await world.pass(500);
  oracle.finish({ settled: true });
  return oracle;
}

/** Mostly a read and a write of the union; now and then a delete, a blind write, one that wants its siblings back. */
async function act(world: ClusterWorld, random: SeededRandom, item: string): Promise<void> {
  const key = random.pick(KEYS);
  const node = random.pick(world.names);
  const kind = random.integer(10);
  const { status, values, context } = await world.read(node, key);
  if (status === 503) return;
  const path = `/kv64/${toBase64url(utf8Bytes(key))}`;
  const body = [...new Set(values.flatMap((value) => value.split(" "))), item].join(" ");
  switch (kind) {
    case 0:
      await world.request(node, "DELETE", path, { context });
      break;
    case 1:
      await world.write(node, key, item);
      break;
    case 2:
      await world.request(node, "PUT", `${path}?return=siblings`, { body, context });
      break;
    default:
      await world.write(node, key, body, context, kind === 3 ? "?w=3" : "");
  }
}

function cutSomeLinks(world: ClusterWorld, random: SeededRandom): void {
  const choice = random.integer(6);
  if (choice === 0) world.heal();
  if (choice === 1) {
    const names = random.shuffle(world.names);
    const size = 1 + random.integer(2);
    world.partition(names.slice(0, size), names.slice(size));
  }
  if (choice === 2) {
    const [from = "", to = ""] = random.shuffle(world.names);
    world.cut(from, to);
  }
}
