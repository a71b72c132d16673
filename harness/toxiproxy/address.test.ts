import { expect, test } from "vitest";
import { formatAddress, parseAddress, resolveListenAddress } from "./address.ts";

test.each([
  ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
  ["[::1]:80", { host: "::1", port: 80 }],
  ["some-host:0", { host: "some-host", port: 0 }],
])("parseAddress() and formatAddress() agree on %s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(formatAddress(address)).toBe(text);
});

test("parseAddress() knows a host that was left out", () => {
  expect(parseAddress(":80")).toEqual({ host: "", port: 80 });
});

test.each(["", "host", "host:http", "host:65536", "::1:80", "host:-1"])(
  "parseAddress() refuses %j",
  (text) => {
    expect(() => parseAddress(text)).toThrow(/address|port/);
  },
);

test("resolveListenAddress() prefers IPv4, as the real server does", async () => {
  expect(await resolveListenAddress("localhost:1", "127.0.0.9")).toEqual({
    host: "127.0.0.1",
    port: 1,
  });
});

test("resolveListenAddress() falls back to the default host", async () => {
  expect(await resolveListenAddress(":1", "127.0.0.9")).toEqual({ host: "127.0.0.9", port: 1 });
});
