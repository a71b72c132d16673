import fc from "fast-check";
import { expect, test } from "vitest";
import type { Write } from "./engine.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { engineSuite } from "./testing/engine-suite.ts";
import { SlowEngine } from "./testing/slow-engine.ts";

engineSuite({ name: "memory", open: async () => new MemoryEngine() });

// The engine that tests use to hold writes back keeps the same promises, pending writes laid over finished ones.
engineSuite({ name: "slow", open: async () => new SlowEngine({ auto: true }) });

test("MemoryEngine scans like a sorted list, whatever came and went before", async () => {
  const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 4 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), key }),
    fc.record({ kind: fc.constant("remove" as const), key }),
    fc.record({ kind: fc.constant("scan" as const), key }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const engine = new MemoryEngine();
      const model = new Map<string, Uint8Array>();
      for (const { kind, key } of steps) {
        if (kind === "scan") {
          const expected = [...model.keys()].filter((held) => held > hex(key)).sort();
          const found = await engine.scan("records", { after: key, limit: 1_000 });
          expect(found.map((entry) => hex(entry.key))).toEqual(expected);
        } else {
          const value = kind === "put" ? key : undefined;
          const write: Write = { table: "records", key, value };
          await engine.write([write]);
          kind === "put" ? model.set(hex(key), key) : model.delete(hex(key));
        }
      }
      expect(await engine.count("records")).toBe(model.size);
    }),
  );
});

test("MemoryEngine stays in order after more churn than it holds keys", async () => {
  const engine = new MemoryEngine();
  for (let index = 0; index < 10_000; index += 1) {
    const key = Buffer.from(`${index}`);
    await engine.write([{ table: "hints", key, value: key }]);
    if (index % 100 !== 0) {
      await engine.write([{ table: "hints", key, value: undefined }]);
    }
  }
  const found = await engine.scan("hints", { limit: 1_000 });
  const expected = Array.from({ length: 100 }, (_, index) => `${index * 100}`).sort();
  expect(found.map(({ key }) => Buffer.from(key).toString())).toEqual(expected);
});

test("SlowEngine makes a failed write invisible again and keeps a later one", async () => {
  const engine = new SlowEngine();
  const key = Buffer.from("a");
  const first = engine.write([{ table: "records", key, value: Buffer.from("1") }]);
  const second = engine.write([{ table: "records", key, value: Buffer.from("2") }]);
  await engine.finishOne("failed");
  await expect(first).rejects.toThrow("Cannot write: the test says so");
  expect(await engine.get("records", key)).toEqual(Buffer.from("2"));
  await engine.finishOne("failed");
  await expect(second).rejects.toThrow("Cannot write: the test says so");
  expect(await engine.get("records", key)).toBeUndefined();
  expect(await engine.scan("records", { limit: 9 })).toEqual([]);
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
