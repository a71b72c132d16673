/*
 * Aim: a write is never refused, nor left in doubt, while its client reaches a node that lives (D-2.3-1, K-4, C8), and never for a
 * conflict. Method: W=1 and a sloppy quorum on simulated nodes, under each kind of fault by itself and under all at once, as seeds draw them;
 * clients that know every node and have time. Then a contest of many writers for one key.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Attempt } from "../../src/client/client-options.ts";
import { ClientError } from "../../src/client/contract.ts";
import { RingsideClient } from "../../src/client/ringside-client.ts";
import { waitMs } from "../../src/env/wait.ts";
import { nodeNames } from "../cluster/node-names.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import type { SmallClusterOptions } from "../drivers/sim/testing/small-cluster.ts";
import { smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import type { SimFault, SimFaultKind } from "../drivers/sim/world-plan.ts";
import { drawFaults } from "./draw-faults.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import { Storm } from "./storm.ts";

const NAMES = nodeNames(5);
const CLIENTS = 4;
const SECONDS = 3;
/** Of each kind. */
const DRAWS = 2;
const PAUSE_MS_MAX = 60;
const RUN = {
  nodes: NAMES.length,
  n: 3,
  r: 1,
  w: 1,
  quorum: "sloppy",
  engine: "lmdb",
  datacenters: { count: 3 },
} as const;
/** A node that is hung or dead costs an attempt; somebody else takes the write. */
const PATIENCE = { timeoutMs: 10_000, attemptTimeoutMs: 1_500, retriesMax: 50 };
/** Of those that `drawFaults` draws, one at a time. */
const DRAWN_KINDS = FAULT_KINDS.filter((kind) => kind !== "join" && kind !== "leave");
/** What a node is told of that is dead, hung or about to stop; that none alive refuses, or is in doubt, is the point. */
const DEAD: readonly string[] = ["unreachable", "no-answer", "stopping"];

/** The first draws of faults of these kinds that are not empty. */
function drawnFaults(kinds: readonly SimFaultKind[], nodes: readonly string[]) {
  const run = { ...RUN, seconds: SECONDS, clientsRoam: false };
  const drawn: (readonly SimFault[])[] = [];
  for (let seed = 1; drawn.length < DRAWS; seed += 1) {
    const faults = drawFaults(new SeededRandom(seed), { run, world: CALM_WORLD, nodes, kinds });
    if (faults.length > 0) drawn.push(faults);
  }
  return drawn;
}

/** Blind writes and writes over what was read, through nodes in turn, while these faults come and go. */
async function writeUnder(
  faults: readonly SimFault[],
  keys: number,
  options: SmallClusterOptions = { plan: RUN },
) {
  const { cluster, drive } = await smallCluster(options);
  const { scheduler, nodes, http } = cluster;
  const random = new SeededRandom(11);
  const storm = new Storm(cluster, { onFault: () => {}, onCut: () => {} });
  const counts = { writes: 0, done: 0, failed: [] as string[], codes: new Set<string>() };
  const onAttempt = ({ verb, code }: Attempt): void => {
    if (verb === "put" && code !== undefined) counts.codes.add(code);
  };
  const client = async (number: number): Promise<void> => {
    const own = random.fork(`client ${number}`);
    for (let round = 0; scheduler.monotonicMs() < endMs; round += 1) {
      const first = round % nodes.length;
      const order = [...nodes.slice(first), ...nodes.slice(0, first)];
      const endpoints = order.map((node) => cluster.addresses(node).direct);
      const store = new RingsideClient(
        { clock: scheduler, random: own, http },
        { endpoints, ...PATIENCE, onAttempt },
      );
      const key = utf8Bytes(`key ${own.integer(keys)}`);
      counts.writes += 1;
      try {
        const context = keys > 1 && round % 2 === 0 ? undefined : (await store.get(key)).context;
        await store.put(key, utf8Bytes(`${number} ${round}`), context ? { context } : {});
        counts.done += 1;
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        counts.failed.push(error.message);
      }
      await waitMs(scheduler, PAUSE_MS_MAX * own.float());
    }
  };
  const endMs = scheduler.monotonicMs() + 1_000 * SECONDS;
  storm.begin(faults);
  await drive(Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number))));
  await drive(storm.calm());
  return { ...counts, faults: storm.counts };
}

describe("with W=1 every put succeeds", () => {
  test.each<readonly [string, readonly SimFaultKind[]]>([
    ...DRAWN_KINDS.map((kind) => [kind, [kind]] as const),
    ["all of them", DRAWN_KINDS],
  ])("D-2.3-1 C8 under %s", async (_name, kinds) => {
    for (const drawn of drawnFaults(kinds, NAMES)) {
      const { writes, done, failed, codes, faults } = await writeUnder(drawn, 8);
      expect(failed).toEqual([]);
      expect(done).toBe(writes);
      expect([...codes].filter((code) => !DEAD.includes(code))).toEqual([]);
      expect(Object.keys(faults).length).toBeGreaterThan(0);
    }
  });

  test("D-2.3-1 C8 while nodes join and leave", async () => {
    const { datacenters: _, ...plan } = RUN;
    const settings = { gossipMs: 100, antiEntropyMs: 200 };
    const changes: readonly SimFault[] = [
      { kind: "join", startMs: 200, node: "n6" },
      { kind: "leave", startMs: 300, node: "n2" },
      { kind: "join", startMs: 400, node: "n7" },
    ];
    const world = { spares: 2, settings };
    const { writes, done, failed, codes, faults } = await writeUnder(changes, 8, { plan, world });
    expect(failed).toEqual([]);
    expect(done).toBe(writes);
    expect([...codes].filter((code) => ![...DEAD, "no-member"].includes(code))).toEqual([]);
    expect(faults).toEqual({ join: 2, leave: 1 });
  });

  test("D-2.3-1, K-4 and none is refused for a conflict, when all write over one key what they have read", async () => {
    const { writes, done, codes } = await writeUnder([], 1);
    expect(writes).toBeGreaterThan(200);
    expect(done).toBe(writes);
    expect([...codes]).toEqual([]);
  });
});
