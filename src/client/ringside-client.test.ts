import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ringTag } from "../protocol/ring-tag.ts";
import { ClientError } from "./contract.ts";
import { RingsideClient } from "./ringside-client.ts";
import { ROUTINGS } from "./routing.ts";
import { answer } from "./testing/scripted-http.ts";
import { CONTEXT, FOUND, RING, setUpFor, WRITTEN } from "./testing/set-up.ts";

const KEY = Uint8Array.of(0xff, 0xfe, 0xfd, 0x2f);
const URL_OF_KEY = "http://a:1/kv64/__79Lw";
/** 16 bytes of 0. */
const DRAWN = "AAAAAAAAAAAAAAAAAAAAAA";
const VALUE = Uint8Array.of(1, 2, 3);

describe.each(ROUTINGS)("D-4.5-1 RingsideClient, routing %s", (routing) => {
  const setUp = setUpFor(routing, KEY);
  /** What its requests carry beside the others. */
  const ring = routing === "any" ? {} : { "x-dynamo-ring": ringTag(RING.stamp) };

  test("get() asks for the key in its exact form", async () => {
    const { client, clock, http } = await setUp([FOUND]);
    const read = await clock.settle(client.get(KEY));
    expect(read).toEqual({
      siblings: [{ bytes: new TextEncoder().encode("v"), contentType: "text/plain" }],
      context: CONTEXT,
    });
    expect(http.seen).toEqual([
      {
        url: URL_OF_KEY,
        method: "GET",
        headers: { accept: "application/json", ...ring },
        timeoutMs: 1_500,
        atMs: 0,
      },
    ]);
  });

  test("D-4.1-3 put() sends the value, its type and the context as it was given", async () => {
    const { client, clock, http } = await setUp([WRITTEN, WRITTEN]);
    await clock.settle(client.put(KEY, VALUE));
    await clock.settle(client.put(KEY, VALUE, { context: CONTEXT, contentType: "text/plain" }));
    expect(http.seen).toMatchObject([
      { url: URL_OF_KEY, method: "PUT", body: VALUE },
      { url: URL_OF_KEY, method: "PUT", body: VALUE },
    ]);
    expect(http.seen.map(({ headers }) => headers)).toEqual([
      { "content-type": "application/octet-stream", "x-dynamo-operation": DRAWN, ...ring },
      {
        "content-type": "text/plain",
        "x-dynamo-context": CONTEXT,
        "x-dynamo-operation": DRAWN,
        ...ring,
      },
    ]);
  });

  test("delete() sends the context and no body", async () => {
    const { client, clock, http } = await setUp([WRITTEN]);
    await clock.settle(client.delete(KEY, { context: CONTEXT }));
    expect(http.seen).toMatchObject([
      { method: "DELETE", headers: { "x-dynamo-context": CONTEXT } },
    ]);
    expect(http.seen[0]).not.toHaveProperty("body");
  });

  test("passes on the quorum of its kind, and a time that ends before its own", async () => {
    const { client, clock, http } = await setUp([FOUND, WRITTEN, WRITTEN]);
    const options = { r: 1, w: 3, timeoutMs: 500 };
    await clock.settle(client.get(KEY, options));
    await clock.settle(client.put(KEY, VALUE, options));
    await clock.settle(client.delete(KEY, { w: 1, context: CONTEXT }));
    expect(http.seen.map(({ url }) => new URL(url).search)).toEqual([
      "?r=1&timeoutMs=450",
      "?w=3&timeoutMs=450",
      "?w=1",
    ]);
    expect(http.seen.map(({ timeoutMs }) => timeoutMs)).toEqual([500, 500, 1_500]);
  });

  test("K-22 passes on which quorum it wants, and whether not found counts", async () => {
    const { client, clock, http } = await setUp([FOUND, FOUND, WRITTEN]);
    await clock.settle(client.get(KEY, { r: 3, quorum: "strict" }));
    await clock.settle(client.get(KEY, { quorum: "sloppy", notFound: "ignore" }));
    await clock.settle(client.put(KEY, VALUE, { quorum: "strict" }));
    expect(http.seen.map(({ url }) => new URL(url).search)).toEqual([
      "?r=3&quorum=strict",
      "?quorum=sloppy&notfound=ignore",
      "?quorum=strict",
    ]);
  });

  test("K-11 sends a write under the name it is given, or under none", async () => {
    const { client, clock, http } = await setUp([WRITTEN, WRITTEN]);
    await clock.settle(client.put(KEY, VALUE, { operation: "order-4711-paid--" }));
    const {
      client: plain,
      clock: time,
      http: sent,
    } = await setUp([WRITTEN], { operations: false });
    await time.settle(plain.put(KEY, VALUE));
    expect(http.seen[0]?.headers).toMatchObject({ "x-dynamo-operation": "order-4711-paid--" });
    expect(sent.seen[0]?.headers).not.toHaveProperty("x-dynamo-operation");
  });

  test("K-15 asks for a session, and reads with it or with a context", async () => {
    const written = answer(204, { "x-dynamo-session": "session-1" });
    const { client, clock, http } = await setUp([written, FOUND, FOUND]);
    const session = await clock.settle(client.putForSession(KEY, VALUE));
    expect(session).toBe("session-1");
    await clock.settle(client.get(KEY, { atLeast: { session } }));
    await clock.settle(client.get(KEY, { atLeast: { context: CONTEXT } }));
    expect(http.seen.map(({ url }) => new URL(url).search)).toEqual(["?return=session", "", ""]);
    expect(http.seen[1]?.headers).toMatchObject({ "x-dynamo-session": "session-1" });
    expect(http.seen[2]?.headers).toMatchObject({ "x-dynamo-context": CONTEXT });
  });

  test("K-15 does not take a write for one with a session that came without", async () => {
    const { client, clock } = await setUp([WRITTEN], { retriesMax: 0 });
    await expect(clock.settle(client.putForSession(KEY, VALUE))).rejects.toMatchObject({
      code: "bad-answer",
      definite: false,
    });
  });

  test("K-15 tells that an answer is stale, or asks on and fails where it must be fresh", async () => {
    const stale = { ...FOUND, headers: { ...FOUND.headers, "x-dynamo-stale": "true" } };
    const { client, clock } = await setUp([stale, stale, FOUND, stale], { retriesMax: 1 });
    const known = { atLeast: { context: CONTEXT } };
    expect(await clock.settle(client.get(KEY, known))).toMatchObject({ isStale: true });
    const fresh = await clock.settle(client.get(KEY, { ...known, requireFresh: true }));
    expect(fresh).not.toHaveProperty("isStale");
    const { client: other, clock: time } = await setUp([stale, stale], { retriesMax: 1 });
    await expect(
      time.settle(other.get(KEY, { ...known, requireFresh: true })),
    ).rejects.toMatchObject({ code: "stale-read", definite: true, attempts: 2 });
  });

  test("keeps an endpoint's path and drops its last slash", async () => {
    const { client, clock, http } = await setUp([FOUND], { endpoints: ["http://a:1/store/"] });
    await clock.settle(client.get(KEY));
    expect(http.seen[0]?.url).toBe("http://a:1/store/kv64/__79Lw");
  });

  test.each([0, 1_025])("refuses a key of %d bytes without asking", async (length) => {
    const { client, http } = await setUp([]);
    const calls = [client.get(new Uint8Array(length)), client.put(new Uint8Array(length), VALUE)];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ code: "bad-key", definite: true });
      await expect(call).rejects.toBeInstanceOf(ClientError);
    }
    expect(http.seen).toEqual([]);
  });

  test.each([
    ["a string as a key", [VALUE, "key"], "bad-key"],
    ["a string as a value", ["text", KEY], "bad-parameter"],
    ["no value", [undefined, KEY], "bad-parameter"],
    ["numbers of two bytes", [new Uint16Array([1, 2]), KEY], "bad-parameter"],
  ])("refuses %s, whatever its types say", async (_what, [value, key], code) => {
    const { client, http } = await setUp([]);
    // As plain JavaScript may call it.
    const put = client.put.bind(client) as (...given: unknown[]) => Promise<void>;
    await expect(put(key, value)).rejects.toMatchObject({ code, definite: true });
    expect(http.seen).toEqual([]);
  });

  test.each([
    ["contentType", { contentType: "text/plain; name=ł" }],
    ["context", { context: "token\n" }],
    ["operation", { operation: "ä" }],
  ])("refuses a %s that no header takes", async (name, options) => {
    const { client, http } = await setUp([]);
    await expect(client.put(KEY, VALUE, options)).rejects.toThrow(`Cannot use ${name} `);
    expect(http.seen).toEqual([]);
  });

  test("takes the bytes of another realm's Uint8Array", async () => {
    const { client, http } = await setUp([WRITTEN]);
    const foreign: Uint8Array = runInNewContext("new Uint8Array([1, 2])");
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    await client.put(KEY, foreign);
    expect(http.seen).toHaveLength(1);
  });

  test("refuses a session that no header takes", async () => {
    const { client, http } = await setUp([]);
    const atLeast = { session: "token\r\nX: y" };
    await expect(client.get(KEY, { atLeast })).rejects.toThrow("Cannot use atLeast.session ");
    expect(http.seen).toEqual([]);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses timeoutMs %d without asking",
    async (timeoutMs) => {
      const { client, http } = await setUp([]);
      await expect(client.get(KEY, { timeoutMs })).rejects.toMatchObject({
        code: "bad-parameter",
        definite: true,
      });
      expect(http.seen).toEqual([]);
    },
  );

  test.each([
    { endpoints: [] },
    { endpoints: ["a:1"] },
    { endpoints: ["ftp://a:1"] },
    { endpoints: ["http://a:1", "https://b:1"] },
    { nodeUrls: { n1: "https://a:1" } },
    { endpoints: ["http://a:1?x=1"] },
    { endpoints: ["http://a:1", "http://user:secret@b:1"] },
    { nodeUrls: { n1: "http://:secret@a:1" } },
    { attemptTimeoutMs: 0 },
    { retriesMax: -1 },
    { timeoutMs: Number.NaN },
    { routing: "owner" as "owners" },
    { nodeUrls: { n1: "n1:8000" } },
  ])("refuses to be made with %j", async (options) => {
    const { clock, http } = await setUp([]);
    const random = { float: () => 0, uint32: () => 0, bytes: () => new Uint8Array() };
    expect(
      () => new RingsideClient({ clock, random, http }, { endpoints: ["http://a:1"], ...options }),
    ).toThrow(RangeError);
  });

  test("says why it takes no password, and does not repeat it", async () => {
    const { clock, http } = await setUp([]);
    const random = { float: () => 0, uint32: () => 0, bytes: () => new Uint8Array() };
    const endpoints = ["http://user:secret@b:1"];
    expect(() => new RingsideClient({ clock, random, http }, { endpoints })).toThrow(
      'Cannot use endpoint "http://…@b:1": nothing here sends a user name or a password, it must be a URL such as http://host:port',
    );
    const malformed = ["http://user:secret@b:99999"];
    expect(() => new RingsideClient({ clock, random, http }, { endpoints: malformed })).toThrow(
      'Cannot use endpoint "http://…@b:99999": it must be a URL such as http://host:port',
    );
  });
});
