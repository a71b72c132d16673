import { expect, test } from "vitest";
import { readReceivedBytes } from "./metrics-text.ts";

test("readReceivedBytes() reads what a real server writes, large numbers and labels in any order included", () => {
  const text = [
    "# HELP toxiproxy_proxy_received_bytes_total ",
    "# TYPE toxiproxy_proxy_received_bytes_total counter",
    'toxiproxy_proxy_received_bytes_total{direction="downstream",listener="127.0.0.1:1",proxy="a",upstream="u:1"} 3',
    'toxiproxy_proxy_received_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="a",upstream="u:1"} 1.5e+07',
    'toxiproxy_proxy_received_bytes_total{direction="upstream",listener="127.0.0.1:2",proxy="a",upstream="u:1"} 5',
    'toxiproxy_proxy_received_bytes_total{proxy="q\\"}\\\\",direction="upstream"} 7',
    'toxiproxy_proxy_sent_bytes_total{direction="upstream",listener="127.0.0.1:2",proxy="b",upstream="u:1"} 5',
    "go_goroutines 12",
  ].join("\n");
  expect(readReceivedBytes(text)).toEqual(
    new Map([
      ["a", { upstream: 15_000_005, downstream: 3 }],
      ['q"}\\', { upstream: 7, downstream: 0 }],
    ]),
  );
  expect(readReceivedBytes("")).toEqual(new Map());
});
