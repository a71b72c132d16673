import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { nodeId } from "../base/ids.ts";
import { CHANGE_BYTES_MAX } from "../protocol/gossip-codec.ts";
import type { Change, ChangeId } from "./change.ts";
import { issuerOf } from "./change.ts";
import { decodeChange, encodeChange } from "./change-codec.ts";
import { anyChange, lifeOf } from "./testing/change-arbitraries.ts";

const ISSUER = issuerOf(nodeId("a"), lifeOf(1));
const JOIN: Change = {
  issuer: ISSUER,
  number: 2,
  time: 300,
  what: {
    kind: "join",
    member: {
      id: nodeId("b"),
      address: "b:7",
      clientUrl: "http://b",
      datacenter: "e",
      capacity: 3,
    },
  },
};

test("every change comes back, and is no longer than a message takes", () => {
  fc.assert(
    fc.property(anyChange, (change) => {
      const bytes = encodeChange(change);
      expect(bytes.length).toBeLessThanOrEqual(CHANGE_BYTES_MAX);
      expect(decodeChange(bytes)).toEqual(change);
    }),
  );
});

test("a change has the bytes of the format's comment", () => {
  const head = `01${"0d"}${Buffer.from(ISSUER).toString("hex")}${"02"}${"ac02"}`;
  const hex = (change: Change) => Buffer.from(encodeChange(change)).toString("hex");
  expect(hex(JOIN)).toBe(`${head}01${"0162"}${"03623a37"}${"08687474703a2f2f62"}${"0165"}${"03"}`);
  const leave: Change = { ...JOIN, what: { kind: "leave", node: nodeId("b") } };
  expect(hex(leave)).toBe(`${head}020162`);
  const change = `${ISSUER}/300` as ChangeId;
  const id = `0d${Buffer.from(ISSUER).toString("hex")}ac02`;
  const digest = "0123456789abcdef";
  const received = { kind: "received", change, digest, node: nodeId("b") } as const;
  expect(hex({ ...JOIN, what: received })).toBe(`${head}03${id}${digest}0162`);
  expect(hex({ ...JOIN, what: { kind: "withdraw", change } })).toBe(`${head}04${id}`);
  const emptied = { ...received, kind: "emptied" } as const;
  expect(hex({ ...JOIN, what: emptied })).toBe(`${head}05${id}${digest}0162`);
});

test("garbled and cut bytes are FormatErrors, and what is accepted is canonical", () => {
  const garbled = fc
    .tuple(anyChange, fc.nat(), fc.nat({ max: 255 }), fc.boolean())
    .map(([change, at, byte, isCut]) => {
      const bytes = Uint8Array.from(encodeChange(change));
      if (isCut) return bytes.subarray(0, at % bytes.length);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(garbled, fc.uint8Array({ maxLength: 100 })), (bytes) => {
      let change: Change;
      try {
        change = decodeChange(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        return;
      }
      expect(Buffer.from(encodeChange(change)).equals(bytes)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["a number of 0", { ...JOIN, number: 0 }],
  ["a time of 0", { ...JOIN, time: 0 }],
  ["an issuer without a life", { ...JOIN, issuer: "a" as Change["issuer"] }],
  ["an address without a port", joinWith({ address: "b" })],
  ["a client URL that is none", joinWith({ clientUrl: "b:8080" })],
  ["a client URL with a slash at its end", joinWith({ clientUrl: "http://b/" })],
  ["a datacenter with a space", joinWith({ datacenter: "the east" })],
  ["a capacity over 1,000", joinWith({ capacity: 1_001 })],
  ["too long an address", joinWith({ address: `${"h".repeat(400)}:1` })],
] as const)("%s is refused", (_name, change) => {
  expect(() => decodeChange(encodeChange(change))).toThrow(FormatError);
});

test("a change of a kind that is unknown is refused", () => {
  const leave: Change = { ...JOIN, what: { kind: "leave", node: nodeId("b") } };
  const other = Uint8Array.from(encodeChange(leave));
  other[other.length - 3] = 6;
  expect(() => decodeChange(other)).toThrow("its kind 6 is unknown");
});

test("a change over the limit and one of another format are refused", () => {
  expect(() => decodeChange(Buffer.alloc(CHANGE_BYTES_MAX + 1, 1))).toThrow("the limit is 2048");
  const other = Uint8Array.from(encodeChange(JOIN));
  other[0] = 2;
  expect(() => decodeChange(other)).toThrow("its format 2 is unknown");
});

function joinWith(fields: Partial<Extract<Change["what"], { kind: "join" }>["member"]>): Change {
  const member = { id: nodeId("b"), address: "b:7", ...fields };
  return { ...JOIN, what: { kind: "join", member } };
}
