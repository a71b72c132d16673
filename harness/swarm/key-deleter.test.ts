/** Aim: keys are written, then deleted with what was read, then left alone for long, and one that stays unreadable is told of. */
import { expect, test } from "vitest";
import type { HttpCall } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { CONTEXT_HEADER } from "../../src/protocol/headers.ts";
import { pathOf } from "./direct-read.ts";
import { KeyDeleter } from "./key-deleter.ts";
import type { PlayedClients } from "./testing/played-clients.ts";
import { playClients } from "./testing/played-clients.ts";

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
function runOf(oddStatus: number | "no answer"): Promise<PlayedClients> {
  const plan = { keys: KEYS, seconds: 10, n: 3, mayBeUnreadable: false };
  return playClients(
    (parts) => new KeyDeleter(parts, plan),
    ({ url }) => {
      const status = url.includes(pathOf(ODD_KEY)) ? oddStatus : 200;
      if (status === "no answer") throw new HttpCallError(true, status);
      return { status, headers: { [CONTEXT_HEADER]: CONTEXT } };
    },
  );
}
