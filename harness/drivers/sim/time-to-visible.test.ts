/*
 * Aim: reads may be stale, but without failures not for long (paper 4.4). Method: writes at W=1 on a calm simulated cluster, each read at
 * R=1 some time after it was acknowledged; the share of reads that show it, by that time.
 */
import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const TRIALS = 100;
const WAITS_MS = [0, 3, 10, 30, 100];
/** Slow against the engine, so that the answer does not wait for the disk while the copies travel. */
const NETWORK = { minMs: 0.1, meanMs: 5 };

test("D-4.4-1 a write at W=1 is not in every read at R=1 at once, in more of them as time passes, and soon in all", async () => {
  const world = await smallCluster({
    plan: { nodes: 5, engine: "memory" },
    world: { network: NETWORK },
  });
  const shares: number[] = [];
  for (const waitMs of WAITS_MS) shares.push(await visibleShare(world, waitMs));
  const [atOnce = 1, , later = 0] = shares;
  const said = shares.join();
  expect(atOnce, said).toBeLessThan(0.95);
  expect(later, said).toBeGreaterThan(atOnce);
  expect(shares.at(-1), said).toBe(1);
});

type World = Awaited<ReturnType<typeof smallCluster>>;

async function visibleShare({ ask, cluster, drive, pass }: World, waitMs: number): Promise<number> {
  const random = new SeededRandom(1);
  let visible = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const path = pathOf(`after ${waitMs} ms, ${trial}`);
    const [writer, reader] = [random.pick(cluster.nodes), random.pick(cluster.nodes)];
    const written = await drive(ask(writer, { method: "PUT", target: `${path}?w=1`, body: "v" }));
    expect(written.status).toBe(204);
    if (waitMs > 0) await pass(waitMs);
    if ((await drive(ask(reader, { target: `${path}?r=1` }))).status === 200) visible += 1;
  }
  return visible / TRIALS;
}
