import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

describe("parseAddress() and formatAddress()", () => {
  test.each([
    ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
    ["node-1.example_x:0", { host: "node-1.example_x", port: 0 }],
    ["[::1]:65535", { host: "::1", port: 65_535 }],
  ])("read %s and write it again", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  test.each([
    "",
    "80",
    ":80",
    "a:",
    "a:65536",
    "a:-1",
    "a:1x",
    "::1:80",
    "[::1]",
    "a b:1",
    "[g]:1",
  ])("parseAddress() refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(RangeError);
  });
});
