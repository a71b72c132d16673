import { describe, expect, test } from "vitest";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { bufferedEngine } from "../node/buffered-engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

/*
 * Aim: where nodes buffer writes, exactly one of the N copies of a write is stored before its node acknowledges it, whoever serves its
 * slot; hints are delivered durably.
 *
 * Method: nodes whose buffers never flush by themselves over engines that a test can look into: what is there went through.
 */

class BufferedWorld {
  readonly world: ClusterWorld;
  readonly below = new Map<string, MemoryEngine>();

  constructor(count: number, settings: Record<string, unknown> = {}) {
    this.world = new ClusterWorld(count, settings);
  }

  async start(): Promise<void> {
    for (const name of this.world.names) await this.startNode(name, new MemoryEngine());
  }

  async startNode(name: string, engine: MemoryEngine): Promise<void> {
    this.below.set(name, engine);
    const environment = quietEnvironment(this.world.clock);
    const options = {
      engine: "memory",
      rowCacheBytes: 0,
      writeBufferObjects: 1_000_000,
      writeBufferFlushMs: 60_000,
      durableGatherMs: 5,
    } as const;
    await this.world.startNode(name, bufferedEngine(environment, options, { engine }));
  }

  /** How many rows each node has stored, hints too. */
  async storedRows(): Promise<Record<string, number>> {
    const counts = [...this.below].map(
      async ([name, engine]): Promise<[string, number]> => [
        name,
        (await engine.count("records")) + (await engine.count("hints")),
      ],
    );
    return Object.fromEntries(await Promise.all(counts));
  }
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe("D-6.1-5 a write in a cluster whose nodes buffer", () => {
  test("is stored by exactly one of its three replicas, and by each of them now and then", async () => {
    const here = new BufferedWorld(3);
    await here.start();
    // Nodes that meet store whom they met, and what is in the buffer with it.
    await here.world.write("n1", "first", "value");
    await here.world.pass(20);
    const before = await here.storedRows();
    for (let count = 1; count <= 40; count += 1) {
      expect(await here.world.write("n1", `key ${count}`, "value")).toBe(204);
      await here.world.pass(20);
      expect(sum(await here.storedRows())).toBe(sum(before) + count);
    }
    for (const [name, count] of Object.entries(await here.storedRows())) {
      expect(count - (before[name] ?? 0), name).toBeGreaterThan(4);
    }
  });

  test("is stored once when stand-ins serve some slots, in time or late", async () => {
    const here = new BufferedWorld(5, { hedgeMs: 50 });
    await here.start();
    here.world.partition(["n1", "n2", "n3"], ["n4", "n5"]);
    // Until it knows who is gone, a write may find no coordinator.
    for (let count = 1; count <= 10; count += 1) await here.world.write("n1", `early ${count}`, "");
    await here.world.pass(3_000);
    const before = sum(await here.storedRows());
    for (let count = 1; count <= 25; count += 1) {
      const status = await here.world.write("n1", `key ${count}`, "value");
      expect(status).toBe(204);
      // Until its deadline the duty may lie with a node that does not hear; then with a hint kept here.
      await here.world.pass(1_500);
      expect(sum(await here.storedRows())).toBe(before + count);
    }
  });

  test("that a hint brings to its owner is stored there, also where the owner had it in memory", async () => {
    const here = new BufferedWorld(4, { hintScanMs: 100, retryDownMs: 50 });
    await here.start();
    const owner = here.world.preferenceList("k")[0] ?? "";
    const others = here.world.names.filter((name) => name !== owner);
    const [asked = ""] = others;
    here.world.partition([owner], others);
    expect(await here.world.write(asked, "k", "value")).toBe(204);
    await here.world.pass(1_500);
    here.world.heal();
    await here.world.pass(3_000);
    expect((await here.world.status(asked)).hints).toBe(0);
    expect(await here.below.get(owner)?.count("records")).toBe(1);
  });
});
