// Aim: what the tests of toxiproxy-node-client ask of a real server holds for the embedded one.
import type { ToxicType } from "toxiproxy-node-client";
import { Toxiproxy } from "toxiproxy-node-client";
import { expect, test } from "vitest";
import { startWorld } from "./testing/world.ts";

test("a proxy is created, found, updated and removed", async () => {
  const { client, proxy } = await startWorld();
  expect((await client.get("test")).toJson()).toEqual(proxy.toJson());
  const { listen, upstream } = proxy;
  const disabled = await proxy.update({ listen, upstream, enabled: false });
  expect(disabled.enabled).toBe(false);
  const enabled = await proxy.update({ listen, upstream: "somehost:12345", enabled: true });
  expect(enabled.toJson()).toEqual({
    name: "test",
    listen,
    upstream: "somehost:12345",
    enabled: true,
  });
  await proxy.remove();
  await expect(client.get("test")).rejects.toThrow("Request failed with status code 404");
});

test("creating a proxy twice is a conflict", async () => {
  const { client, upstream } = await startWorld();
  const wish = { name: "test", listen: "127.0.0.1:0", upstream: upstream.address };
  await expect(client.createProxy(wish)).rejects.toThrow("Request failed with status code 409");
});

test("a name with characters that need escaping works in every call", async () => {
  const { client, upstream } = await startWorld();
  const name = "a <b> & c";
  const proxy = await client.createProxy({
    name,
    listen: "127.0.0.1:0",
    upstream: upstream.address,
  });
  expect(proxy.name).toBe(name);
  expect((await client.get(encodeURIComponent(name))).name).toBe(name);
  expect((await client.getAll())[name]?.listen).toBe(proxy.listen);
});

test("populate creates, keeps and replaces", async () => {
  const { client, proxy, upstream, addToxic } = await startWorld();
  await addToxic({ type: "latency" });
  const populated = await client.populate([
    { name: "test", listen: proxy.listen, upstream: upstream.address },
    { name: "one", listen: "localhost:0", upstream: upstream.address },
  ]);
  expect(Object.keys(populated)).toEqual(["test", "one"]);
  expect((await proxy.getToxic("latency_downstream")).type).toBe("latency");
  const { one } = populated;
  const { one: replaced } = await client.populate([
    { name: "one", listen: one?.listen ?? "", upstream: "somehost:1" },
  ]);
  expect(replaced?.toJson()).toEqual({ ...one?.toJson(), upstream: "somehost:1" });
  expect(Object.keys(await client.getAll())).toEqual(["one", "test"]);
});

test("getVersion() and reset() answer", async () => {
  const { client, proxy, addToxic } = await startWorld();
  expect(await client.getVersion()).toContain("2.12.0");
  const { listen, upstream } = proxy;
  await addToxic({ type: "latency" });
  await proxy.update({ listen, upstream, enabled: false });
  await client.reset();
  expect((await client.get("test")).enabled).toBe(true);
  await expect(proxy.getToxic("latency_downstream")).rejects.toThrow("404");
});

const kinds: readonly (readonly [ToxicType, Record<string, number>, Record<string, number>])[] = [
  ["latency", { latency: 1000, jitter: 100 }, { latency: 12_345, jitter: 42 }],
  ["bandwidth", { rate: 1000 }, { rate: 1 }],
  ["slow_close", { delay: 1000 }, { delay: 1 }],
  ["timeout", { timeout: 5000 }, { timeout: 0 }],
  [
    "slicer",
    { average_size: 1000, delay: 1000, size_variation: 1000 },
    { average_size: 1, delay: 2, size_variation: 3 },
  ],
  ["reset_peer", { timeout: 1000 }, { timeout: 1 }],
  ["limit_data", { bytes: 42 }, { bytes: 43 }],
];

test.each(kinds)("a %s toxic is added, found, updated and removed", async (type, first, second) => {
  const { proxy } = await startWorld();
  const stream = "downstream";
  const toxic = await proxy.addToxic({ type, stream, name: "", toxicity: 1, attributes: first });
  const expected = { name: `${type}_downstream`, type, stream, toxicity: 1 };
  expect(toxic.toJson()).toEqual({ ...expected, attributes: first });
  expect((await proxy.getToxic(toxic.name)).toJson()).toEqual(toxic.toJson());
  const updated = await toxic.update({ ...toxic.toJson(), toxicity: 0.25, attributes: second });
  expect(updated.toJson()).toEqual({ ...expected, toxicity: 0.25, attributes: second });
  expect((await proxy.getToxic(toxic.name)).toJson()).toEqual(updated.toJson());
  await toxic.remove();
  await expect(proxy.getToxic(toxic.name)).rejects.toThrow("Request failed with status code 404");
});

test("the same toxic twice is a conflict", async () => {
  const { addToxic } = await startWorld();
  await addToxic({ type: "latency" });
  await expect(addToxic({ type: "latency" })).rejects.toThrow(
    "Request failed with status code 409",
  );
  await addToxic({ type: "latency", stream: "upstream" });
});

test("a wrong request is refused and changes nothing", async () => {
  const { client, addToxic } = await startWorld();
  await expect(addToxic({ type: "nonsense" as ToxicType })).rejects.toThrow("400");
  await expect(addToxic({ type: "latency", attributes: { latency: 0.5 } })).rejects.toThrow("400");
  const { data } = await client.getApi().get(`${client.host}/proxies/test/toxics`);
  expect(data).toEqual([]);
  expect(new Toxiproxy(client.host).host).toBe(client.host);
});
