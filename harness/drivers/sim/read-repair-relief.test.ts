/*
 * Aim: what reads repair, Merkle trees need not find (paper 5: read repair "relieves the anti-entropy protocol from having to do it").
 * Method: a node misses writes, and nobody keeps hints; when it is back clients read some of the keys before its first exchange;
 * the keys that exchanges then find to differ, with read repair and without, the reads being the same.
 */
import { expect, test } from "vitest";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const KEYS = Array.from({ length: 40 }, (_, number) => `key ${number}`);
const AWAY = "n3";
/** Long enough for all reads to be over before the first exchange. */
const ANTI_ENTROPY_MS = 100_000;

/** How often an exchange found a key to differ, once `readCount` of the keys had been read. */
async function differencesAfter(readCount: number, readRepair: boolean): Promise<number> {
  const { cluster, ask, drive, pass } = await smallCluster({
    // Hints have no room: what a node missed it hears of by repair or by exchange.
    world: { settings: { antiEntropyMs: ANTI_ENTROPY_MS, hintsMax: 0 } },
    settingsOf: () => ({ readRepair }),
  });
  const away = cluster.machine(AWAY);
  away.kill("process");
  for (const key of KEYS) {
    expect((await drive(ask("n1", { method: "PUT", target: pathOf(key), body: key }))).status).toBe(
      204,
    );
  }
  await drive(away.start());
  // Until the others have found it again.
  await pass(3_000);
  for (const key of KEYS.slice(0, readCount)) {
    expect((await drive(ask("n2", { target: pathOf(key) }))).status).toBe(200);
  }
  await pass(4 * ANTI_ENTROPY_MS);
  const counts = [...cluster.simNodes.values()].flatMap(({ metrics }) => [
    ...(metrics?.counters() ?? []),
  ]);
  return counts
    .filter(([name]) => name.startsWith("ringside_anti_entropy_keys_total"))
    .reduce((sum, [, count]) => sum + count, 0);
}

test("D-5-8 exchanges find only what nobody read, and without read repair everything", async () => {
  const [untouched, withRepair, withoutRepair, all] = await Promise.all([
    differencesAfter(0, true),
    differencesAfter(30, true),
    differencesAfter(30, false),
    differencesAfter(40, true),
  ]);
  expect(untouched).toBe(KEYS.length);
  expect(withoutRepair).toBe(KEYS.length);
  expect(withRepair).toBe(KEYS.length - 30);
  expect(all).toBe(0);
});
