import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../../../src/base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../src/protocol/payload.ts";
import type { ClientAsk, WorldObserver } from "./observer.ts";
import { NO_OBSERVER } from "./testing/no-observer.ts";
import { smallCluster } from "./testing/small-cluster.ts";
import { RequestWatch } from "./watch-requests.ts";

const { cluster } = await smallCluster();
const { configuration } = cluster.machine("n2");
const ANSWER: HttpResponse = { status: 204, headers: {}, body: new Uint8Array(0) };

/** Watches one request; what the observer was told, in order, and what the handler saw of it. */
async function told(request: Partial<HttpRequest>, handle = async () => ANSWER) {
  const events: (ClientAsk | "handled" | readonly [number, HttpResponse])[] = [];
  const observer: WorldObserver = {
    ...NO_OBSERVER,
    clientAsked: (ask) => events.push(ask),
    clientAnswered: (id, response) => events.push([id, response]),
  };
  const whole = {
    method: "GET",
    path: `/kv64/${toBase64url(utf8Bytes("key"))}`,
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(0),
    ...request,
  };
  const answer = new RequestWatch(observer).watch(configuration, whole, () => {
    events.push("handled");
    return handle();
  });
  await answer.catch(() => {});
  return events;
}

const ASK = {
  id: 0,
  node: "n2",
  key: utf8Bytes("key"),
  context: "",
  strict: false,
  timeoutMs: configuration.requestTimeoutMs,
  ignoresNotFound: false,
};

describe("RequestWatch", () => {
  test("tells of a read before it is handled, and of its answer", async () => {
    expect(await told({})).toEqual([
      { ...ASK, method: "GET", payload: undefined, quorum: 2 },
      "handled",
      [0, ANSWER],
    ]);
  });

  test("tells what a write stores, under which context and with which W", async () => {
    const [ask] = await told({
      method: "PUT",
      query: new URLSearchParams("w=3"),
      headers: { "x-dynamo-context": "token", "content-type": "text/plain" },
      body: utf8Bytes("value"),
    });
    const bytes = utf8Bytes("value");
    const payload = encodePayload({ contentType: "text/plain", tombstone: false, bytes });
    expect(ask).toEqual({ ...ASK, method: "PUT", context: "token", payload, quorum: 3 });
  });

  test("tells of a delete as of a tombstone, and of a read with its R", async () => {
    const payload = encodePayload(TOMBSTONE_PAYLOAD);
    const [removal] = await told({ method: "DELETE", headers: { "x-dynamo-context": "token" } });
    expect(removal).toEqual({ ...ASK, method: "DELETE", context: "token", payload, quorum: 2 });
    const [read] = await told({ query: new URLSearchParams("r=1") });
    expect(read).toMatchObject({ method: "GET", quorum: 1 });
  });

  test("tells of no answer where there is none", async () => {
    const events = await told({}, async () => {
      throw new Error("planted");
    });
    expect(events).toHaveLength(2);
  });

  test("says nothing of paths that name no key", async () => {
    for (const path of ["/healthz", "/kv/key", "/kv64/not base64"]) {
      expect(await told({ path }), path).toEqual(["handled"]);
    }
  });
});
