import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Writer } from "../base/binary.ts";
import { toHex, utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { LISTED_MAX } from "../protocol/operations.ts";
import { LISTED_BYTES } from "../protocol/payload.ts";
import {
  CONTEXT_SIZE_BYTES_MAX,
  ContextError,
  macKeyOf,
  openContext,
  openToken,
  operationsIn,
  sealContext,
} from "./context-token.ts";
import { MODE_CODES } from "./record-format.ts";
import { testActor } from "./testing/causal-world.ts";
import type { Clock } from "./versioning.ts";
import { VERSIONING_MODES } from "./versioning.ts";

const macKey = macKeyOf("a secret", "shop");
const scope = { clusterId: "shop", key: utf8Bytes("cart-1"), mode: "dvvset" } as const;
const clock: Clock = new Map([
  [testActor(0), 3],
  [testActor(1, 12), 1],
]);
const token = sealContext({ ...scope, clock }, macKey);

/** The token as format version 1 had it. */
function withoutOperations(sealed: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from([1]), sealed.subarray(1, 2), sealed.subarray(3, -16)]);
  const head = new Writer(64);
  head.utf8(scope.clusterId);
  head.bytes(scope.key);
  const mac = macKey.sign(utf8Bytes("ringside context token 1\0"), head.finish(), body);
  return Buffer.concat([body, mac.subarray(0, 16)]);
}

function problemOf(bytes: Uint8Array, changed: Partial<Parameters<typeof openContext>[1]> = {}) {
  try {
    openContext(bytes, { ...scope, ...changed }, macKey);
  } catch (error) {
    expect(error).toBeInstanceOf(ContextError);
    return (error as ContextError).problem;
  }
  return undefined;
}

test("D-4.4-12 a token carries the operations of what was read, and one of the format before carries none", () => {
  const operations = Buffer.from("sixteen bytes ok");
  const sealed = sealContext({ ...scope, clock, operations }, macKey);
  expect(openContext(sealed, scope, macKey)).toEqual(clock);
  expect(Buffer.compare(operationsIn(sealed), operations)).toBe(0);
  expect(operationsIn(token)).toHaveLength(0);
  const old = withoutOperations(token);
  expect(openContext(old, scope, macKey)).toEqual(clock);
  expect(operationsIn(old)).toHaveLength(0);
});

describe("openContext()", () => {
  it("gives back the clock that was sealed", () => {
    const clocks = fc.uniqueArray(fc.tuple(fc.nat({ max: 9 }), fc.integer({ min: 1 })), {
      selector: ([node]) => node,
    });
    fc.assert(
      fc.property(clocks, fc.constantFrom(...VERSIONING_MODES), (pairs, mode) => {
        const any = new Map(pairs.map(([node, counter]) => [testActor(node), counter]));
        const sealed = sealContext({ ...scope, mode, clock: any }, macKey);
        expect(openContext(sealed, { ...scope, mode }, macKey)).toEqual(any);
      }),
    );
  });

  it("D-5-9 gives back the node that was sealed beside the clock, and without one the bytes are as ever", () => {
    for (const mode of VERSIONING_MODES) {
      const sealed = sealContext({ ...scope, mode, clock, reader: nodeId("n7") }, macKey);
      const opened = openToken(sealed, { ...scope, mode }, macKey);
      expect(opened).toEqual({ clock, reader: "n7" });
    }
    expect(openToken(token, scope, macKey)).toEqual({ clock, reader: undefined });
    expect(sealContext({ ...scope, clock, reader: undefined }, macKey)).toEqual(token);
  });

  it("D-5-9 lets nobody change, add or remove that node", () => {
    const named = sealContext({ ...scope, clock, reader: nodeId("n7") }, macKey);
    const at = named.length - 16 - 1;
    expect(named[at]).toBe("7".charCodeAt(0));
    expect(problemOf(named.with(at, "8".charCodeAt(0)))).toBe("forged");
    const mac = named.subarray(-16);
    expect(problemOf(Uint8Array.from([...named.subarray(0, at - 3), ...mac]))).toBe("forged");
    const field = named.subarray(at - 3, at + 1);
    const grown = [...token.subarray(0, -16), ...field, ...token.subarray(-16)];
    expect(problemOf(Uint8Array.from(grown))).toBe("forged");
  });

  it("refuses every changed bit", () => {
    for (let bit = 0; bit < 8 * token.length; bit += 1) {
      const changed = Uint8Array.from(token);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(problemOf(changed), `bit ${bit}`).toBe(bit < 8 ? "malformed" : "forged");
    }
  });

  it("refuses every truncation and every byte that follows", () => {
    for (let length = 0; length < token.length; length += 1) {
      expect(problemOf(token.subarray(0, length))).toMatch(/malformed|forged/);
    }
    expect(problemOf(Uint8Array.from([...token, 0]))).toBe("forged");
  });

  it("D-4.1-4 refuses the context of another key, cluster, secret or mode", () => {
    expect(problemOf(token, { key: utf8Bytes("cart-2") })).toBe("forged");
    expect(problemOf(token, { clusterId: "other" })).toBe("forged");
    expect(problemOf(token, { mode: "merged" })).toBe("wrong-mode");
    for (const other of [macKeyOf("b secret", "shop"), macKeyOf(undefined, "shop")]) {
      expect(() => openContext(token, scope, other)).toThrow(ContextError);
    }
  });

  it("does not take cluster and key apart elsewhere than they were joined", () => {
    const sealed = sealContext({ ...scope, clusterId: "ab", key: utf8Bytes("c"), clock }, macKey);
    expect(problemOf(sealed, { clusterId: "a", key: utf8Bytes("bc") })).toBe("forged");
  });

  it("refuses a token over the limit, and sealContext() makes none", () => {
    expect(problemOf(new Uint8Array(CONTEXT_SIZE_BYTES_MAX + 1))).toBe("too-long");
    const large: Clock = new Map(
      Array.from({ length: 1_000 }, (_, epoch) => [testActor(0, epoch), 1]),
    );
    expect(() => sealContext({ ...scope, clock: large }, macKey)).toThrow(ContextError);
  });

  it("refuses operations that are no list of names, or too many, whoever sealed them", () => {
    const sealed = (bytes: number) =>
      sealContext({ ...scope, clock, operations: new Uint8Array(bytes) }, macKey);
    for (const bytes of [1, 5, 12, 513 * 8]) expect(problemOf(sealed(bytes))).toBe("malformed");
    for (const bytes of [0, 8, LISTED_BYTES * LISTED_MAX]) {
      expect(problemOf(sealed(bytes))).toBeUndefined();
    }
  });

  it("has room for a clock before it has any for operations, and for the newest of these first", () => {
    const operations = new Uint8Array(8 * 512).map((_, at) => at >> 3);
    const kept = [100, 600, 650].map((actors) => {
      const large: Clock = new Map(
        Array.from({ length: actors }, (_, epoch) => [testActor(0, epoch), 1]),
      );
      const sealed = sealContext({ ...scope, clock: large, operations }, macKey);
      expect(openContext(sealed, scope, macKey)).toEqual(large);
      const names = operationsIn(sealed);
      expect(Buffer.compare(names, operations.subarray(0, names.length))).toBe(0);
      if (names.length < operations.length) {
        expect(sealed.length).toBeGreaterThan(CONTEXT_SIZE_BYTES_MAX - 10);
      }
      return names.length / 8;
    });
    expect(kept[0]).toBe(512);
    expect(kept[1]).toBeLessThan(512);
    expect(kept[2]).toBeLessThan(kept[1] ?? 0);
    expect(kept[2]).toBeGreaterThan(0);
  });

  it("names a body that is authentic and broken as malformed", () => {
    const body = Uint8Array.from([1, MODE_CODES.dvvset, 1]);
    const mac = macKey.sign(
      utf8Bytes("ringside context token 1\0"),
      Uint8Array.from([4, ...utf8Bytes("shop"), 6, ...utf8Bytes("cart-1")]),
      body,
    );
    expect(problemOf(Uint8Array.from([...body, ...mac.subarray(0, 16)]))).toBe("malformed");
  });
});

describe("macKeyOf()", () => {
  it("depends on the secret, on whether there is one, and on the cluster", () => {
    const keys = [
      macKeyOf("a", "shop"),
      macKeyOf("b", "shop"),
      macKeyOf("a", "other"),
      macKeyOf("", "shop"),
      macKeyOf(undefined, "shop"),
    ].map((key) => toHex(key.sign()));
    expect(new Set(keys).size).toBe(keys.length);
    expect(macKeyOf("a", "shop").sign()).toEqual(macKeyOf("a", "shop").sign());
  });
});
