import fc from "fast-check";
import { expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import { FormatError } from "../base/binary.ts";
import { nodeId } from "../base/ids.ts";
import { decodeRow, encodeRow, recordOf } from "./row.ts";
import {
  hintPrefix,
  hintRowKey,
  keyOfRecordRow,
  parseHintRowKey,
  recordRowKey,
} from "./row-keys.ts";

const actor = fc.constantFrom(
  undefined,
  actorOf({ nodeId: nodeId("a"), incarnation: "AAAAAAAAAAA", epoch: 0 }),
  actorOf({ nodeId: nodeId("n".repeat(64)), incarnation: "AAAAAAAAAAA", epoch: 2 ** 53 - 1 }),
);

test("decodeRow() gives back what encodeRow() was given, the record as a view", () => {
  fc.assert(
    fc.property(actor, fc.uint8Array({ maxLength: 300 }), (localActor, record) => {
      const bytes = encodeRow({ localActor, record });
      const row = decodeRow(bytes);
      expect(row.localActor).toBe(localActor);
      expect([...row.record]).toEqual([...record]);
      expect([...recordOf(bytes)]).toEqual([...record]);
      expect(row.record.buffer).toBe(bytes.buffer);
    }),
  );
});

test("decodeRow() refuses rows that are cut off or of another version", () => {
  const [localActor] = fc.sample(actor.filter(Boolean), 1);
  const bytes = encodeRow({ localActor, record: new Uint8Array(0) });
  for (const bad of [
    bytes.subarray(0, 0),
    bytes.subarray(0, 1),
    bytes.subarray(0, -1),
    Uint8Array.of(2, 0),
  ]) {
    expect(() => decodeRow(bad)).toThrow(FormatError);
    expect(() => recordOf(bad)).toThrow(FormatError);
  }
});

test("row keys give back owner and key, and sort by owner, range, key", () => {
  const owner = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).map(nodeId);
  const range = fc.integer({ min: 0, max: 65_535 });
  const key = fc.uint8Array({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(owner, owner, range, key, (one, other, partition, bytes) => {
      const rowKey = hintRowKey(one, partition, bytes);
      const parsed = parseHintRowKey(rowKey);
      expect(parsed.owner).toBe(one);
      expect([...parsed.key]).toEqual([...bytes]);
      expect([...keyOfRecordRow(recordRowKey(partition, bytes))]).toEqual([...bytes]);
      const prefix = hintPrefix(other);
      const isUnderPrefix = Buffer.compare(rowKey.subarray(0, prefix.length), prefix) === 0;
      expect(isUnderPrefix).toBe(one === other);
    }),
  );
  expect(
    Buffer.compare(recordRowKey(255, Buffer.from("b")), recordRowKey(256, Buffer.from("a"))),
  ).toBe(-1);
});

test("parseHintRowKey() refuses keys that are cut off", () => {
  const rowKey = hintRowKey(nodeId("n1"), 7, Buffer.from("k"));
  for (let length = 0; length < rowKey.length; length += 1) {
    expect(() => parseHintRowKey(rowKey.subarray(0, length))).toThrow(FormatError);
  }
});
