/** Aim: cold keys are written blind, a few times each and spread over the load, and one that stays unreadable is told of. */
import { expect, test } from "vitest";
import { ColdWriter } from "./cold-writer.ts";
import { pathOf } from "./direct-read.ts";
import type { PlayedClients } from "./testing/played-clients.ts";
import { playClients } from "./testing/played-clients.ts";

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

function runOf({ mayBeUnreadable, lost }: RunOptions): Promise<PlayedClients> {
  return playClients(
    (parts) => new ColdWriter(parts, { keys: KEYS, seconds: 2, n: 3, mayBeUnreadable }),
    ({ method, url }) => {
      const isLost = lost !== undefined && url.includes(pathOf(lost));
      return { status: isLost ? 503 : method === "PUT" ? 204 : 200, headers: {} };
    },
  );
}
