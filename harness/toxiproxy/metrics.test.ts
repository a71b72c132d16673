import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";
import { startWorld } from "./testing/world.ts";

test("render() writes the text format of Prometheus, labels in order and escaped", () => {
  const metrics = new Metrics();
  const labels = {
    direction: "upstream",
    listener: "l:1",
    proxy: 'a "b" \\ c',
    upstream: "u:2",
  } as const;
  const counters = metrics.counters(labels);
  counters.receivedBytes += 5;
  metrics.counters(labels).sentBytes += 4;
  const series = 'direction="upstream",listener="l:1",proxy="a \\"b\\" \\\\ c",upstream="u:2"';
  expect(metrics.render().split("\n")).toEqual([
    "# HELP toxiproxy_proxy_received_bytes_total ",
    "# TYPE toxiproxy_proxy_received_bytes_total counter",
    `toxiproxy_proxy_received_bytes_total{${series}} 5`,
    "# HELP toxiproxy_proxy_sent_bytes_total ",
    "# TYPE toxiproxy_proxy_sent_bytes_total counter",
    `toxiproxy_proxy_sent_bytes_total{${series}} 4`,
    "",
  ]);
  metrics.forget('a "b" \\ c');
  expect(metrics.render()).toBe("");
});

test("/metrics counts bytes of live connections, and what a black hole swallows as received only", async () => {
  const { url, proxy, upstream, pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  near.write("12345");
  await far.read(5);
  far.write("123");
  await near.read(3);
  await addToxic({ type: "timeout", stream: "upstream" });
  near.write("swallowed");
  far.write("x");
  await near.read(1);
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  const series = (direction: string) =>
    `{direction="${direction}",listener="${proxy.listen}",proxy="test",upstream="${upstream.address}"}`;
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text).toContain(`toxiproxy_proxy_received_bytes_total${series("upstream")} 14\n`);
  expect(text).toContain(`toxiproxy_proxy_sent_bytes_total${series("upstream")} 5\n`);
  expect(text).toContain(`toxiproxy_proxy_received_bytes_total${series("downstream")} 4\n`);
  expect(text).toContain(`toxiproxy_proxy_sent_bytes_total${series("downstream")} 4\n`);
});
