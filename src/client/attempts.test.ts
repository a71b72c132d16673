/*
 * The rules of `attempts.ts` as tables, run through the client on virtual time: what is retried, where, after how long,
 * and what the final error claims.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { waitMs } from "../env/wait.ts";
import { FailedCallError } from "./attempts.ts";
import { ROUTINGS } from "./routing.ts";
import type { ScriptedHttp, Step } from "./testing/scripted-http.ts";
import { answer, problem } from "./testing/scripted-http.ts";
import { CONTEXT, FOUND, setUpFor, WRITTEN } from "./testing/set-up.ts";

const KEY = Buffer.from("key");
const VALUE = Buffer.from("value");

const REFUSED: Step = "refused";
const OVERLOADED = problem(503, "overloaded", true);
const QUORUM_MISSED = problem(503, "write-quorum-not-met", false);
const GATEWAY = answer(502, { "content-type": "text/html" });

/** Step, whether a read goes on after it, whether a write does, and whether it certainly did not happen. */
const RULES: readonly (readonly [string, Step, boolean, boolean, boolean])[] = [
  ["refused", REFUSED, true, true, true],
  ["reset", "reset", true, false, false],
  ["hangs", "hangs", true, false, false],
  ["too large", "too large", false, false, false],
  ["overloaded", OVERLOADED, true, true, true],
  ["stopping", problem(503, "stopping", true), true, true, true],
  ["stale-ring", problem(503, "stale-ring", true), true, true, true],
  ["too-few-nodes", problem(503, "too-few-nodes", true), true, true, true],
  ["request-timeout", problem(408, "request-timeout", true), true, true, true],
  ["read-quorum-not-met", problem(503, "read-quorum-not-met", true), true, true, true],
  ["write-quorum-not-met", QUORUM_MISSED, true, false, false],
  ["forward-lost", problem(503, "forward-lost", false), true, false, false],
  ["storage", problem(500, "storage", false), true, false, false],
  ["internal", problem(500, "internal", false), true, false, false],
  ["gateway page", GATEWAY, true, false, false],
  ["bad-context", problem(400, "bad-context", true), false, false, true],
  ["value-too-large", problem(413, "value-too-large", true), false, false, true],
  ["context-required", problem(428, "context-required", true), false, false, true],
  ["bare 400", answer(400), false, false, false],
];

describe.each(ROUTINGS)("runAttempts(), what is retried, routing %s", (routing) => {
  const setUp = setUpFor(routing, KEY);

  test.each(RULES)("a get after %s", async (_name, step, goesOn) => {
    const { client, clock, http } = await setUp([step, FOUND]);
    if (goesOn) {
      expect(await clock.settle(client.get(KEY))).toMatchObject({ context: CONTEXT });
      expect(hosts(http)).toEqual(["a", "b"]);
    } else {
      const error = await failureOf(clock.settle(client.get(KEY)));
      expect(error).toMatchObject({ definite: true, attempts: 1, endpoint: "http://a:1" });
    }
  });

  test.each(RULES)("a put with a name, retried in doubt, after %s", async (_name, step, goesOn) => {
    const { client, clock, http } = await setUp([step, WRITTEN], { retryIndefinite: true });
    const call = clock.settle(client.put(KEY, VALUE));
    await (goesOn ? call : failureOf(call));
    expect(hosts(http)).toEqual(goesOn ? ["a", "b"] : ["a"]);
    const names = http.seen.map(({ headers }) => headers?.["x-dynamo-operation"]);
    expect(new Set(names).size).toBe(1);
  });

  test.each(RULES)(
    "a put that is not retried in doubt after %s",
    async (_name, step, _read, goesOn, definite) => {
      const { client, clock, http } = await setUp([step, WRITTEN], { retryIndefinite: false });
      if (goesOn) {
        await clock.settle(client.put(KEY, VALUE));
        expect(hosts(http)).toEqual(["a", "b"]);
      } else {
        const error = await failureOf(clock.settle(client.put(KEY, VALUE)));
        expect(error).toMatchObject({ definite, attempts: 1 });
        expect(hosts(http)).toEqual(["a"]);
      }
    },
  );

  test.each(RULES)("a delete that allows doubles, after %s", async (_name, step, goesOn) => {
    const { client, clock, http } = await setUp([step, WRITTEN]);
    const call = clock.settle(client.delete(KEY, { context: CONTEXT, retryIndefinite: true }));
    await (goesOn ? call : failureOf(call));
    expect(http.seen).toHaveLength(goesOn ? 2 : 1);
  });

  test("a write's own retryIndefinite overrides the client's", async () => {
    const { client, clock, http } = await setUp(["reset", WRITTEN, "reset"], {
      retryIndefinite: true,
    });
    await clock.settle(client.put(KEY, VALUE));
    await failureOf(clock.settle(client.put(KEY, VALUE, { retryIndefinite: false })));
    expect(http.seen).toHaveLength(3);
  });

  test("never more than retriesMax times", async () => {
    const { client, clock, http } = await setUp(new Array<Step>(9).fill(OVERLOADED), {
      retriesMax: 2,
    });
    expect(await failureOf(clock.settle(client.put(KEY, VALUE)))).toMatchObject({ attempts: 3 });
    expect(http.seen).toHaveLength(3);
  });
});

describe.each(ROUTINGS)("runAttempts(), what the final error claims, routing %s", (routing) => {
  const setUp = setUpFor(routing, KEY);

  const steps = RULES.map(([name, step, , , definite]) => ({ name, step, definite }));

  test("is definite exactly where every attempt was", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...steps), { minLength: 6, maxLength: 6 }),
        async (script) => {
          const { client, clock, http } = await setUp(
            script.map(({ step }) => step),
            { retryIndefinite: true, timeoutMs: 60_000 },
          );
          const error = await failureOf(clock.settle(client.put(KEY, VALUE)));
          const played = script.slice(0, http.seen.length);
          expect(error.definite).toBe(played.every(({ definite }) => definite));
          expect(error.attempts).toBe(played.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("names the last code, node and detail, and the doubt", async () => {
    const { client, clock } = await setUp(["reset", problem(413, "value-too-large", true)], {
      retryIndefinite: true,
    });
    const error = await failureOf(clock.settle(client.put(KEY, VALUE)));
    expect(error).toMatchObject({ code: "value-too-large", definite: false });
    expect(error.message).toBe(
      "Cannot put: value-too-large from http://b:2 after 2 attempt(s), it may have happened: " +
        "status 413: detail of value-too-large",
    );
  });

  test("says that an answer was too large, and goes on asking the node that gave it", async () => {
    const { client, clock, http } = await setUp(["too large", FOUND]);
    const error = await failureOf(clock.settle(client.get(KEY)));
    expect(error).toMatchObject({ code: "answer-too-large", definite: true, attempts: 1 });
    expect(error.message).toContain("the response is over the limit");
    // Longer than the pause after which a ring that became doubtful is read anew.
    await clock.settle(waitMs(clock, 600));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["a", "a"]);
    expect(http.ringCalls).toHaveLength(routing === "owners" ? 1 : 0);
  });

  test("wraps what the HTTP port should not have thrown, and stops", async () => {
    const { client, clock } = await setUp([]);
    const error = await failureOf(clock.settle(client.put(KEY, VALUE)));
    expect(error).toMatchObject({ code: "no-answer", definite: false, attempts: 1 });
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe.each(ROUTINGS)("runAttempts(), when and where, routing %s", (routing) => {
  const setUp = setUpFor(routing, KEY);

  test("goes on at once to nodes not yet asked while they are silent, then waits", async () => {
    const script: Step[] = [REFUSED, REFUSED, REFUSED, REFUSED, WRITTEN];
    const { client, clock, http } = await setUp(script, { backoffMs: 10 });
    await clock.settle(client.put(KEY, VALUE));
    expect(hosts(http)).toEqual(["a", "b", "c", "a", "b"]);
    expect(times(http)).toEqual([0, 0, 0, 40, 120]);
  });

  test("waits longer and longer between answers, up to backoffMsMax, by its share of jitter", async () => {
    const script = [...new Array<Step>(5).fill(OVERLOADED), WRITTEN];
    const { client, clock, http } = await setUp(script, { backoffMs: 100, backoffMsMax: 500 }, 0.5);
    await clock.settle(client.put(KEY, VALUE));
    expect(times(http)).toEqual([0, 50, 150, 350, 600, 850]);
  });

  test("leaves a node alone for its Retry-After, and asks others meanwhile", async () => {
    const busy = problem(503, "overloaded", true, { "retry-after": "2" });
    const alone = await setUp([busy, WRITTEN], { endpoints: ["http://a:1"] });
    await alone.clock.settle(alone.client.put(KEY, VALUE));
    expect(times(alone.http)).toEqual([0, 2_000]);

    const several = await setUp([busy, busy, busy, WRITTEN, WRITTEN]);
    await several.clock.settle(several.client.put(KEY, VALUE));
    expect(hosts(several.http)).toEqual(["a", "b", "c", "a"]);
    expect(times(several.http)).toEqual([0, 20, 60, 2_000]);
  });

  test("gives up at once where the wait would pass the deadline", async () => {
    const busy = problem(503, "overloaded", true, { "retry-after": "2" });
    const { client, clock } = await setUp([busy], { endpoints: ["http://a:1"] });
    const error = await failureOf(clock.settle(client.put(KEY, VALUE, { timeoutMs: 1_999 })));
    expect(error).toMatchObject({ code: "overloaded", definite: true });
    expect(clock.monotonicMs()).toBe(0);
  });

  test("gives a hung node one attempt's time, and the last attempt what is left", async () => {
    const { client, clock, http } = await setUp(["hangs", "hangs"], { attemptTimeoutMs: 700 });
    const error = await failureOf(clock.settle(client.get(KEY, { timeoutMs: 1_000 })));
    expect(http.seen.map(({ timeoutMs }) => timeoutMs)).toEqual([700, 300]);
    expect(clock.monotonicMs()).toBe(1_000);
    expect(error).toMatchObject({ code: "no-answer", definite: true, attempts: 2 });
  });

  test("asks a silent node again only when its suspicion has passed", async () => {
    const { client, clock, http } = await setUp(["hangs", FOUND, FOUND, FOUND], {
      suspectMs: 1_000,
    });
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    await clock.settle(new Promise<void>((resolve) => clock.setTimer(1_001, resolve)));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["a", "b", "b", "a"]);
  });

  test("meets one silent node a while, though its time is over before it has asked all of them", async () => {
    const steps = ["hangs", "hangs", FOUND, FOUND, "hangs", FOUND, FOUND, "hangs", FOUND] as const;
    const { client, clock, http } = await setUp(steps, { attemptTimeoutMs: 700, suspectMs: 500 });
    const get = (): Promise<unknown> => clock.settle(client.get(KEY, { timeoutMs: 1_200 }));
    const pause = (): Promise<unknown> =>
      clock.settle(new Promise<void>((resolve) => clock.setTimer(501, resolve)));
    await failureOf(get());
    for (const step of [get, get, pause, get, get, pause, get]) await step();
    expect(hosts(http)).toEqual(["a", "b", "c", "c", "a", "c", "c", "b", "c"]);
  });

  test("does not doubt a node that had only what others left of the time", async () => {
    const { client, clock, http } = await setUp(["hangs", "hangs", "hangs", FOUND], {
      attemptTimeoutMs: 700,
    });
    await failureOf(clock.settle(client.get(KEY, { timeoutMs: 1_450 })));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["a", "b", "c", "c"]);
  });

  test("asks silent nodes in turn where there are no others", async () => {
    const steps = Array.from({ length: 8 }, (): Step => "hangs");
    const { client, clock, http } = await setUp(steps, { attemptTimeoutMs: 700, suspectMs: 500 });
    for (let call = 0; call < 4; call += 1) {
      await failureOf(clock.settle(client.get(KEY, { timeoutMs: 1_200 })));
    }
    expect(hosts(http)).toEqual(["a", "b", "c", "a", "b", "c", "a", "b"]);
  });

  test("asks a silent node again by one call alone, and by no other while that waits", async () => {
    const { client, clock, http } = await setUp(["hangs", FOUND, "hangs", FOUND, FOUND, FOUND]);
    await clock.settle(client.get(KEY));
    await clock.settle(new Promise<void>((resolve) => clock.setTimer(1_001, resolve)));
    await clock.settle(Promise.all([client.get(KEY), client.get(KEY), client.get(KEY)]));
    expect(hosts(http)).toEqual(["a", "b", "a", "b", "b", "b"]);
  });

  test("doubts nobody without a time of suspicion", async () => {
    const { client, clock, http } = await setUp(["hangs", FOUND, FOUND], { suspectMs: 0 });
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["a", "b", "a"]);
  });

  test("tells onAttempt of each attempt", async () => {
    const { client, clock, attempts } = await setUp(["hangs", OVERLOADED, FOUND]);
    await clock.settle(client.get(KEY));
    const seen = { verb: "get", status: 200, code: undefined, durationMs: 0 };
    expect(attempts).toEqual([
      {
        ...seen,
        endpoint: "http://a:1",
        number: 1,
        status: undefined,
        code: "no-answer",
        durationMs: 1_500,
      },
      { ...seen, endpoint: "http://b:2", number: 2, status: 503, code: "overloaded" },
      { ...seen, endpoint: "http://c:3", number: 3 },
    ]);
  });
});

async function failureOf(promise: Promise<unknown>): Promise<FailedCallError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(FailedCallError);
  return outcome as FailedCallError;
}

function hosts(http: ScriptedHttp): readonly string[] {
  return http.seen.map(({ url }) => new URL(url).hostname);
}

function times(http: ScriptedHttp): readonly number[] {
  return http.seen.map(({ atMs }) => atMs);
}
