/** Aim: cold keys are written blind, a few times each and spread over the load, and one that stays unreadable is told of. */
import { expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HttpCall, HttpCallResult } from "../../src/client/http-caller.ts";
import { Scheduler } from "../drivers/sim/scheduler.ts";
import { ColdWriter } from "./cold-writer.ts";
import { pathOf } from "./direct-read.ts";
import type { Finding } from "./sim-outcome.ts";

const KEYS = 40;
const LOST_KEY = "cold-key-7";

test("ColdWriter writes each key blind one to three times in its time, and reads none before the end", async () => {
  const { calls, findings } = await runOf({ mayBeUnreadable: false, lost: undefined });
  const writes = calls.filter(({ method }) => method === "PUT");
  const perKey = Map.groupBy(writes, ({ url }) => new URL(url).pathname);
  expect(new Set([...perKey.values()].map(({ length }) => length))).toEqual(new Set([1, 2, 3]));
  expect(perKey.size).toBe(KEYS);
  expect(writes.map(({ headers }) => headers)).toEqual(writes.map(() => ({})));
  expect(new Set(writes.map(({ body }) => String(body))).size).toBe(writes.length);
  const times = writes.map(({ timeMs }) => timeMs);
  expect(Math.min(...times)).toBeLessThan(200);
  expect(Math.max(...times)).toBeGreaterThan(1_800);
  expect(Math.max(...times)).toBeLessThanOrEqual(2_000);
  expect(calls.findIndex(({ method }) => method === "GET")).toBe(writes.length);
  expect(findings).toEqual([]);
});

test("ColdWriter tells of a key that cannot be read in the end, unless disks may have taken every copy", async () => {
  const { findings } = await runOf({ mayBeUnreadable: false, lost: LOST_KEY });
  expect(findings.map(({ detail }) => detail)).toEqual([`${LOST_KEY} cannot be read in the end`]);
  const excused = await runOf({ mayBeUnreadable: true, lost: LOST_KEY });
  expect(excused.findings).toEqual([]);
});

interface RunOptions {
  readonly mayBeUnreadable: boolean;
  readonly lost: string | undefined;
}

async function runOf({ mayBeUnreadable, lost }: RunOptions) {
  const scheduler = new Scheduler();
  const calls: (HttpCall & { readonly timeMs: number })[] = [];
  const call = async (made: HttpCall): Promise<HttpCallResult> => {
    calls.push({ ...made, timeMs: scheduler.monotonicMs() });
    const isLost = lost !== undefined && made.url.includes(pathOf(lost));
    const status = isLost ? 503 : made.method === "PUT" ? 204 : 200;
    return { status, headers: {}, body: new Uint8Array(0) };
  };
  const writer = new ColdWriter(
    {
      clock: scheduler,
      random: new SeededRandom(3),
      http: { call },
      nodes: ["n1", "n2"],
      clientUrl: (home, node) => `http://${home}.${node}`,
      directUrl: (node) => `http://${node}`,
    },
    { keys: KEYS, seconds: 2, n: 3, mayBeUnreadable },
  );
  let findings: readonly Finding[] = [];
  const work = async () => {
    await writer.run();
    findings = await writer.readBack();
  };
  await scheduler.run(work(), { untilMs: 60_000, stop: () => false });
  return { calls, findings };
}
