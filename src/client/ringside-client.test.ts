import { describe, expect, test } from "vitest";
import { ClientError } from "./contract.ts";
import { RingsideClient } from "./ringside-client.ts";
import { CONTEXT, FOUND, setUp, WRITTEN } from "./testing/set-up.ts";

const KEY = Uint8Array.of(0xff, 0xfe, 0xfd, 0x2f);
const URL_OF_KEY = "http://a:1/kv64/__79Lw";
/** 16 bytes of 0. */
const DRAWN = "AAAAAAAAAAAAAAAAAAAAAA";
const VALUE = Uint8Array.of(1, 2, 3);

describe("RingsideClient", () => {
  test("get() asks for the key in its exact form", async () => {
    const { client, clock, http } = setUp([FOUND]);
    const read = await clock.settle(client.get(KEY));
    expect(read).toEqual({
      siblings: [{ bytes: new TextEncoder().encode("v"), contentType: "text/plain" }],
      context: CONTEXT,
    });
    expect(http.seen).toEqual([
      {
        url: URL_OF_KEY,
        method: "GET",
        headers: { accept: "application/json" },
        timeoutMs: 1_500,
        atMs: 0,
      },
    ]);
  });

  test("put() sends the value, its type and the context", async () => {
    const { client, clock, http } = setUp([WRITTEN, WRITTEN]);
    await clock.settle(client.put(KEY, VALUE));
    await clock.settle(client.put(KEY, VALUE, { context: CONTEXT, contentType: "text/plain" }));
    expect(http.seen).toMatchObject([
      { url: URL_OF_KEY, method: "PUT", body: VALUE },
      { url: URL_OF_KEY, method: "PUT", body: VALUE },
    ]);
    expect(http.seen.map(({ headers }) => headers)).toEqual([
      { "content-type": "application/octet-stream", "x-dynamo-operation": DRAWN },
      {
        "content-type": "text/plain",
        "x-dynamo-context": CONTEXT,
        "x-dynamo-operation": DRAWN,
      },
    ]);
  });

  test("delete() sends the context and no body", async () => {
    const { client, clock, http } = setUp([WRITTEN]);
    await clock.settle(client.delete(KEY, { context: CONTEXT }));
    expect(http.seen).toMatchObject([
      { method: "DELETE", headers: { "x-dynamo-context": CONTEXT } },
    ]);
    expect(http.seen[0]).not.toHaveProperty("body");
  });

  test("passes on the quorum of its kind, and a time that ends before its own", async () => {
    const { client, clock, http } = setUp([FOUND, WRITTEN, WRITTEN]);
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

  test("K-22 get() passes on which quorum it wants; a write has none to choose", async () => {
    const { client, clock, http } = setUp([FOUND, FOUND, WRITTEN]);
    await clock.settle(client.get(KEY, { r: 3, quorum: "strict" }));
    await clock.settle(client.get(KEY, { quorum: "sloppy" }));
    await clock.settle(client.put(KEY, VALUE, { quorum: "strict" }));
    expect(http.seen.map(({ url }) => new URL(url).search)).toEqual([
      "?r=3&quorum=strict",
      "?quorum=sloppy",
      "",
    ]);
  });

  test("keeps an endpoint's path and drops its last slash", async () => {
    const { client, clock, http } = setUp([FOUND], { endpoints: ["http://a:1/store/"] });
    await clock.settle(client.get(KEY));
    expect(http.seen[0]?.url).toBe("http://a:1/store/kv64/__79Lw");
  });

  test.each([0, 1_025])("refuses a key of %d bytes without asking", async (length) => {
    const { client, http } = setUp([]);
    const calls = [client.get(new Uint8Array(length)), client.put(new Uint8Array(length), VALUE)];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ code: "bad-key", definite: true });
      await expect(call).rejects.toBeInstanceOf(ClientError);
    }
    expect(http.seen).toEqual([]);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses timeoutMs %d without asking",
    async (timeoutMs) => {
      const { client, http } = setUp([]);
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
    { endpoints: ["http://a:1?x=1"] },
    { attemptTimeoutMs: 0 },
    { retriesMax: -1 },
    { timeoutMs: Number.NaN },
  ])("refuses to be made with %j", (options) => {
    const { clock, http } = setUp([]);
    const random = { float: () => 0, uint32: () => 0, bytes: () => new Uint8Array() };
    expect(
      () => new RingsideClient({ clock, random, http }, { endpoints: ["http://a:1"], ...options }),
    ).toThrow(RangeError);
  });
});
