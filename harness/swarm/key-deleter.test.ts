/** Aim: keys are written, then deleted with what was read, then left alone for long, and one that stays unreadable is told of. */
import { expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HttpCall, HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { CONTEXT_HEADER } from "../../src/protocol/headers.ts";
import { Scheduler } from "../drivers/sim/scheduler.ts";
import { pathOf } from "./direct-read.ts";
import { KeyDeleter } from "./key-deleter.ts";
import type { Finding } from "./sim-outcome.ts";

const KEYS = 50;
const ODD_KEY = "deleted-key-7";
const CONTEXT = "what was read";

test("KeyDeleter writes keys blind, deletes them with the context of a read, and writes most again long after", async () => {
  const { calls, findings } = await runOf(200);
  const puts = calls.filter(({ method }) => method === "PUT");
  const deletes = calls.filter(({ method }) => method === "DELETE");
  expect(puts.every(({ headers }) => headers?.[CONTEXT_HEADER] === undefined)).toBe(true);
  expect(deletes.map(({ headers }) => headers)).toEqual(
    Array.from({ length: KEYS }, () => ({ [CONTEXT_HEADER]: CONTEXT })),
  );
  const [written, back] = [puts.slice(0, KEYS), puts.slice(KEYS)];
  expect(back.length).toBeGreaterThan(KEYS / 2);
  expect(back.length).toBeLessThan(KEYS);
  for (const each of [written, deletes, back]) {
    expect(new Set(each.map(({ url }) => new URL(url).pathname)).size).toBe(each.length);
  }
  const bounds = [written, deletes, back].map((each) => each.map(({ timeMs }) => timeMs));
  const [first = [], second = [], third = []] = bounds;
  expect(Math.max(...first)).toBeLessThanOrEqual(1_000);
  expect(Math.min(...second)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...second)).toBeLessThanOrEqual(2_000);
  expect(Math.min(...third)).toBeGreaterThanOrEqual(5_000);
  expect(Math.max(...third)).toBeLessThanOrEqual(10_000);
  expect(findings).toEqual([]);
});

test("KeyDeleter deletes nothing of which it read nothing", async () => {
  const { calls } = await runOf(404);
  expect(calls.filter(({ url }) => url.includes(pathOf(ODD_KEY))).map(methodOf)).not.toContain(
    "DELETE",
  );
  expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(KEYS - 1);
});

test("KeyDeleter goes on where a request fails, and tells of a key that cannot be read in the end", async () => {
  const { calls, findings } = await runOf("no answer");
  expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(KEYS - 1);
  expect(findings.map(({ detail }) => detail)).toEqual([`${ODD_KEY} cannot be read in the end`]);
});

function methodOf({ method }: HttpCall): string {
  return method;
}

/** `oddStatus`: of every answer about one of the keys. */
async function runOf(oddStatus: number | "no answer") {
  const scheduler = new Scheduler();
  const calls: (HttpCall & { readonly timeMs: number })[] = [];
  const call = async (made: HttpCall): Promise<HttpCallResult> => {
    calls.push({ ...made, timeMs: scheduler.monotonicMs() });
    const isOdd = made.url.includes(pathOf(ODD_KEY));
    if (isOdd && oddStatus === "no answer") throw new HttpCallError(true, "no answer");
    const status = isOdd && oddStatus !== "no answer" ? oddStatus : 200;
    return { status, headers: { [CONTEXT_HEADER]: CONTEXT }, body: new Uint8Array(0) };
  };
  const deleter = new KeyDeleter(
    {
      clock: scheduler,
      random: new SeededRandom(3),
      http: { call },
      nodes: ["n1", "n2"],
      clientUrl: (home, node) => `http://${home}.${node}`,
      directUrl: (node) => `http://${node}`,
    },
    { keys: KEYS, seconds: 10, n: 3, mayBeUnreadable: false },
  );
  let findings: readonly Finding[] = [];
  const work = async () => {
    await deleter.run();
    findings = await deleter.readBack();
  };
  await scheduler.run(work(), { untilMs: 60_000, stop: () => false });
  return { calls, findings };
}
