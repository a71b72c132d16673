/*
 * Aim: a client for `owners` knows the ring well enough, asks the right node, and never waits for either. Method: the library on virtual
 * time against scripted nodes, who all have one ring until the test gives them another.
 */
import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { ringTag } from "../protocol/ring-tag.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import type { RingsideClientOptions } from "./client-options.ts";
import type { ManualClock } from "./testing/manual-clock.ts";
import type { ScriptedHttp, Step } from "./testing/scripted-http.ts";
import { answer, problem } from "./testing/scripted-http.ts";
import { FOUND, RING, ringAnswer, setUp, WRITTEN } from "./testing/set-up.ts";

const KEY = Buffer.from("key");
const [FIRST = "", SECOND = "", THIRD = ""] = RING.preferenceList(KEY);
/** Of the nodes, as their cluster tells it. */
const URLS = { n1: "http://n1:1", n2: "http://n2:1", n3: "http://n3:1" };
/** The same nodes one epoch later, with other owners. */
const LATER = ringFromTable({
  clusterId: "scripted",
  epoch: 2,
  nodes: RING.nodes,
  owners: RING.owners.map((owner) => nodeId(`n${(Number(owner.slice(1)) % 3) + 1}`)),
});
const [LATER_FIRST = ""] = LATER.preferenceList(KEY);
const OTHER_RING = {
  ...FOUND,
  headers: { ...FOUND.headers, "x-dynamo-ring": ringTag(LATER.stamp) },
};

function setUpOwners(steps: readonly Step[], options: Partial<RingsideClientOptions> = {}) {
  const made = setUp(steps, { routing: "owners", endpoints: ["http://any:1"], ...options });
  made.http.answerRingWith(ringAnswer(RING, URLS));
  return made;
}

function hosts(http: ScriptedHttp): readonly string[] {
  return http.seen.map(({ url }) => new URL(url).hostname);
}

function pass(clock: ManualClock, ms: number): Promise<void> {
  return clock.settle(new Promise<void>((resolve) => clock.setTimer(ms, resolve)));
}

describe("OwnerRouting", () => {
  test("D-4.5-1 asks any endpoint while it knows no ring, then the first of the key's nodes", async () => {
    const { client, clock, http, polls } = setUpOwners([FOUND, FOUND, WRITTEN]);
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    await clock.settle(client.put(KEY, KEY));
    expect(hosts(http)).toEqual(["any", FIRST, FIRST]);
    expect(http.seen.map(({ headers }) => headers?.["x-dynamo-ring"])).toEqual([
      undefined,
      ringTag(RING.stamp),
      ringTag(RING.stamp),
    ]);
    expect(polls).toEqual([
      { endpoint: "http://any:1", outcome: "changed", ring: ringTag(RING.stamp) },
    ]);
  });

  test("goes down the key's list where nodes are silent, then to what else there is", async () => {
    const script: Step[] = [FOUND, "refused", "refused", "refused", WRITTEN];
    const { client, clock, http } = setUpOwners(script);
    await clock.settle(client.get(KEY));
    await clock.settle(client.put(KEY, KEY));
    expect(hosts(http)).toEqual(["any", FIRST, SECOND, THIRD, "any"]);
  });

  test("leaves out a node whose address nobody knows, and goes by its own addresses first", async () => {
    const { client, clock, http } = setUpOwners([FOUND, "refused", FOUND], {
      nodeUrls: { [SECOND]: "http://proxy:9/two/" },
    });
    http.answerRingWith(ringAnswer(RING, { [SECOND]: "http://hidden:1" }));
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["any", "proxy", "any"]);
    expect(http.seen[1]?.url).toMatch(/^http:\/\/proxy:9\/two\/kv64\//);
  });

  test("D-6.4-3 polls a node every 10 s while it is in use, and leaves no timer behind", async () => {
    const { client, clock, http } = setUpOwners(new Array<Step>(45).fill(FOUND));
    for (let second = 0; second < 45; second += 1) {
      await clock.settle(client.get(KEY));
      await pass(clock, 1_000);
    }
    expect(http.ringCalls.map(({ atMs }) => atMs)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    await expect(clock.settle(new Promise(() => {}))).rejects.toThrow(/nothing is pending/);
    expect(http.ringCalls).toHaveLength(5);
  });

  test("no call waits for a node that does not tell the ring", async () => {
    const { client, clock, http, polls } = setUpOwners([FOUND, FOUND, FOUND]);
    http.answerRingWith("hangs");
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    expect(clock.monotonicMs()).toBe(0);
    await pass(clock, 5_000);
    expect(polls).toMatchObject([{ outcome: "failed" }]);
    http.answerRingWith(ringAnswer(RING, URLS));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["any", "any", "any"]);
    expect(polls).toMatchObject([{ outcome: "failed" }, { outcome: "changed" }]);
  });

  test("asks less and less often where nobody tells it", async () => {
    const { client, clock, http } = setUpOwners(new Array<Step>(300).fill(FOUND));
    http.answerRingWith(problem(404, "not-found", true));
    for (let turn = 0; turn < 300; turn += 1) {
      await clock.settle(client.get(KEY));
      await pass(clock, 100);
    }
    const times = http.ringCalls.map(({ atMs }) => atMs);
    expect(times).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 25_500]);
  });

  test("asks less and less often where it gets no ring, whoever names another one", async () => {
    const other = { ...FOUND.headers, "x-dynamo-ring": ringTag(LATER.stamp) };
    const { client, clock, http } = setUpOwners([
      FOUND,
      ...new Array<Step>(300).fill({ ...FOUND, headers: other }),
    ]);
    await clock.settle(client.get(KEY));
    http.answerRingWith(problem(404, "not-found", true));
    for (let turn = 0; turn < 300; turn += 1) {
      await clock.settle(client.get(KEY));
      await pass(clock, 100);
    }
    const times = http.ringCalls.map(({ atMs }) => atMs);
    expect(times).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 26_000]);
  });

  test("D-6.4-3 refreshes at once when a node is silent, from another one, twice a second at most", async () => {
    const { client, clock, http } = setUpOwners(
      [
        FOUND,
        ...["refused", FOUND, "refused", FOUND, "refused", FOUND].map((step) => step as Step),
      ],
      { suspectMs: 200 },
    );
    await clock.settle(client.get(KEY));
    await pass(clock, 2_000);
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.settle(client.get(KEY));
      await pass(clock, 300);
    }
    expect(http.ringCalls.map(({ atMs }) => atMs)).toEqual([0, 2_000, 2_600]);
    const asked = http.ringCalls.map(({ url }) => new URL(url).hostname);
    expect(asked[1]).not.toBe(FIRST);
  });

  test("D-6.4-3 learns another ring from the node that names it, and goes by it from then on", async () => {
    const { client, clock, http, polls } = setUpOwners([FOUND, OTHER_RING, FOUND]);
    await clock.settle(client.get(KEY));
    await pass(clock, 600);
    http.answerRingWith(ringAnswer(LATER, URLS));
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    expect(LATER_FIRST).not.toBe(FIRST);
    expect(hosts(http)).toEqual(["any", FIRST, LATER_FIRST]);
    expect(polls[1]).toEqual({
      endpoint: `http://${FIRST}:1`,
      outcome: "changed",
      ring: ringTag(LATER.stamp),
    });
  });

  test("retries by the ring that it learned meanwhile", async () => {
    // Of the old ring's nodes the next one would be another than the new ring's first.
    const key = Buffer.from("a");
    const [first = "", second = ""] = RING.preferenceList(key);
    const [laterFirst = ""] = LATER.preferenceList(key);
    expect(laterFirst).not.toBe(second);
    const busy = problem(503, "overloaded", true, { "x-dynamo-ring": ringTag(LATER.stamp) });
    const { client, clock, http } = setUpOwners([FOUND, busy, FOUND]);
    await clock.settle(client.get(key));
    await pass(clock, 600);
    http.answerRingWith(ringAnswer(LATER, URLS));
    await clock.settle(client.get(key));
    expect(hosts(http)).toEqual(["any", first, laterFirst]);
  });

  test("takes no older ring for newer, until nobody has confirmed its own for long", async () => {
    const { client, clock, http, polls } = setUpOwners(new Array<Step>(60).fill(FOUND));
    http.answerRingWith(ringAnswer(LATER, URLS));
    await clock.settle(client.get(KEY));
    http.answerRingWith(ringAnswer(RING, URLS));
    for (let second = 0; second < 35; second += 1) {
      await pass(clock, 1_000);
      await clock.settle(client.get(KEY));
    }
    expect(polls.map(({ outcome }) => outcome)).toEqual(["changed", "older", "older", "changed"]);
    expect(hosts(http)[29]).toBe(LATER_FIRST);
    expect(hosts(http).at(-1)).toBe(FIRST);
  });

  test("is not sent for the ring by a node that is behind", async () => {
    const behind = { ...FOUND.headers, "x-dynamo-ring": ringTag(RING.stamp) };
    const { client, clock, http } = setUpOwners([FOUND, { ...FOUND, headers: behind }]);
    http.answerRingWith(ringAnswer(LATER, URLS));
    await clock.settle(client.get(KEY));
    await pass(clock, 600);
    await clock.settle(client.get(KEY));
    expect(http.ringCalls).toHaveLength(1);
  });

  test.each([
    ["an older node", { clusterId: undefined }],
    ["a ring laid out by other rules", { digest: "0123456789abcdef" }],
    ["an owner that is no member", { owners: ["n9"] }],
    ["no ring", null],
  ])("goes on without a ring where it gets %s", async (_what, change) => {
    const { client, clock, http, polls } = setUpOwners([FOUND, FOUND]);
    const whole = JSON.parse(Buffer.from(ringAnswer(RING, URLS).body).toString());
    const body = JSON.stringify(change === null ? null : { ...whole, ...change });
    http.answerRingWith(answer(200, {}, body));
    await clock.settle(client.get(KEY));
    await clock.settle(client.get(KEY));
    expect(hosts(http)).toEqual(["any", "any"]);
    expect(polls).toMatchObject([{ outcome: "failed", cause: expect.any(Error) }]);
  });
});
