import { describe, expect, test } from "vitest";
import type { Engine, Write } from "../engine.ts";
import { DamageError, StorageError } from "../engine.ts";
import { KEY_SIZE_BYTES_MAX } from "../limits.ts";

/** What the suite needs to know of an engine under test. */
export interface EngineUnderTest {
  readonly name: string;
  /** An empty engine; the suite closes it. */
  open(): Promise<Engine>;
  /** Opens again what `engine`, closed before, has stored; absent where nothing is kept. */
  reopen?(engine: Engine): Promise<Engine>;
  /**
   * Garbles one byte of `value`, the only one of its table `records`, wherever the files of `engine`, closed before, hold it, and
   * opens them again; absent where nothing is kept.
   */
  damage?(engine: Engine, value: Uint8Array): Promise<Engine>;
}

/** The promises of `Engine`, held against one implementation. */
export function engineSuite({ name, open, reopen, damage }: EngineUnderTest): void {
  const withEngine = async (body: (engine: Engine) => Promise<void>): Promise<void> => {
    const engine = await open();
    try {
      await body(engine);
    } finally {
      await engine.close();
    }
  };

  describe(`D-5-2 ${name} engine`, () => {
    test("get() and scan() see a write as soon as write() has returned", () =>
      withEngine(async (engine) => {
        const stored = engine.write([put("a", "1")]);
        expect(await value(engine, "a")).toBe("1");
        expect(await keys(engine)).toEqual(["a"]);
        expect(await engine.count("records")).toBe(1);
        await stored;
        expect(await value(engine, "a")).toBe("1");
        expect(await engine.count("records")).toBe(1);
      }));

    test("get() of a missing key is undefined, and tables are apart", () =>
      withEngine(async (engine) => {
        await engine.write([{ ...put("a", "1"), table: "hints" }]);
        expect(await value(engine, "a")).toBeUndefined();
        expect(await engine.count("records")).toBe(0);
        expect(await engine.count("hints")).toBe(1);
      }));

    test("write() applies all of a batch, later entries over earlier ones", () =>
      withEngine(async (engine) => {
        await engine.write([put("a", "1"), put("b", "1")]);
        await engine.write([put("a", "2"), remove("b"), put("c", "2"), put("a", "3")]);
        expect(await everything(engine)).toEqual({ a: "3", c: "2" });
      }));

    test("write() applies none of a batch of which one key is not allowed", () =>
      withEngine(async (engine) => {
        const bad: Write = { ...put("x", "1"), key: new Uint8Array(KEY_SIZE_BYTES_MAX + 1) };
        await expect(engine.write([put("a", "1"), bad])).rejects.toThrow(StorageError);
        const empty: Write = { ...put("x", "1"), key: new Uint8Array(0) };
        await expect(engine.write([put("a", "1"), empty])).rejects.toThrow(StorageError);
        expect(await engine.count("records")).toBe(0);
        expect(await value(engine, "a")).toBeUndefined();
      }));

    test("a durable write() takes its turn among the others, and more rows than one page of them", () =>
      withEngine(async (engine) => {
        const writes: Promise<void>[] = [];
        for (let index = 0; index < 100; index += 1) {
          const durable = index % 3 === 0;
          writes.push(engine.write([put("a", `${index}`), put(`k${index % 9}`, "1")], { durable }));
          expect(await value(engine, "a")).toBe(`${index}`);
        }
        const last = engine.write([remove("k0")], { durable: true });
        expect(await keys(engine)).toEqual(["a", ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `k${n}`)]);
        expect((await engine.scan("records", { limit: 2 })).map(({ key }) => text(key))).toEqual([
          "a",
          "k1",
        ]);
        expect(await engine.count("records")).toBe(9);
        await Promise.all([...writes, last]);
        expect(await value(engine, "a")).toBe("99");
        expect(await engine.count("records")).toBe(9);
      }));

    test("write() of nothing resolves", () => withEngine((engine) => engine.write([])));

    test("write() removes at once, and removing a missing key does nothing", () =>
      withEngine(async (engine) => {
        await engine.write([put("a", "1"), put("b", "1")]);
        const removed = engine.write([remove("a"), remove("missing")]);
        expect(await value(engine, "a")).toBeUndefined();
        expect(await keys(engine)).toEqual(["b"]);
        expect(await engine.count("records")).toBe(1);
        await removed;
        expect(await everything(engine)).toEqual({ b: "1" });
      }));

    test("scan() is in byte order, stored and pending entries alike", () =>
      withEngine(async (engine) => {
        const order = [[0], [0, 0], [0, 255], [1], [127], [128], [128, 0], [255], [255, 255]];
        const shuffled = [4, 8, 0, 3, 7, 1, 6, 2, 5].map((index) => order[index] ?? []);
        await engine.write(shuffled.slice(0, 5).map((key) => bytesWrite(key)));
        const pending = engine.write(shuffled.slice(5).map((key) => bytesWrite(key)));
        const before = await engine.scan("records", { limit: 100 });
        expect(before.map(({ key }) => [...key])).toEqual(order);
        await pending;
        const after = await engine.scan("records", { limit: 100 });
        expect(after.map(({ key }) => [...key])).toEqual(order);
        expect(after.map((entry) => [...(entry.value ?? [])])).toEqual(order);
      }));

    test("scan() keeps to prefix, after and limit, page by page", () =>
      withEngine(async (engine) => {
        const names = ["a", "b", "b\0", "b1", "b2", "b\u00ff", "b\u00ff\u00ff", "c"];
        await engine.write(names.filter((_, index) => index % 2 === 0).map((key) => put(key, key)));
        await engine.write([put("b0", "gone")]);
        void engine.write(names.filter((_, index) => index % 2 === 1).map((key) => put(key, key)));
        void engine.write([remove("b0")]);
        expect(await pages(engine, { prefix: bytes("b"), limit: 2 })).toEqual([
          ["b", "b\0"],
          ["b1", "b2"],
          ["b\u00ff", "b\u00ff\u00ff"],
        ]);
        expect(await pages(engine, { limit: 3 })).toEqual([
          ["a", "b", "b\0"],
          ["b1", "b2", "b\u00ff"],
          ["b\u00ff\u00ff", "c"],
        ]);
        expect(
          await engine.scan("records", { prefix: bytes("b\u00ff\u00ff\0"), limit: 9 }),
        ).toEqual([]);
        expect(await engine.scan("records", { after: bytes("c"), limit: 9 })).toEqual([]);
        expect(
          await engine.scan("records", { prefix: bytes("b"), after: bytes("c"), limit: 9 }),
        ).toEqual([]);
        const early = await engine.scan("records", {
          prefix: bytes("c"),
          after: bytes("a"),
          limit: 9,
        });
        expect(early.map(({ key }) => text(key))).toEqual(["c"]);
      }));

    test("scan() refuses a limit below 1", () =>
      withEngine(async (engine) => {
        await expect(engine.scan("records", { limit: 0 })).rejects.toThrow(StorageError);
      }));

    test("get() gives back big values, empty values and the longest keys byte by byte", () =>
      withEngine(async (engine) => {
        const big = new Uint8Array((1 << 20) + 65_536).map(
          (_, index) => (index * 31) ^ (index >> 8),
        );
        const longKey = new Uint8Array(KEY_SIZE_BYTES_MAX).fill(255);
        await engine.write([
          { table: "records", key: longKey, value: big },
          { table: "records", key: bytes("empty"), value: new Uint8Array(0) },
        ]);
        expect(Buffer.compare((await engine.get("records", longKey)) ?? bytes(""), big)).toBe(0);
        expect(await engine.get("records", bytes("empty"))).toHaveLength(0);
      }));

    test("get() returns bytes that later writes do not change", () =>
      withEngine(async (engine) => {
        await engine.write([put("a", "before")]);
        const held = await engine.get("records", bytes("a"));
        for (let round = 0; round < 20; round += 1) {
          await engine.write([put("a", `after${round}`), put(`other${round}`, "x".repeat(5_000))]);
          await engine.get("records", bytes(`other${round}`));
        }
        expect(text(held ?? bytes(""))).toBe("before");
      }));

    test("concurrent writes to one key end with the value of the last call", () =>
      withEngine(async (engine) => {
        const writes: Promise<void>[] = [];
        for (let index = 0; index < 200; index += 1) {
          writes.push(engine.write([put("a", `${index}`), put(`k${index % 7}`, `${index}`)]));
          expect(await value(engine, "a")).toBe(`${index}`);
        }
        await Promise.all(writes);
        expect(await value(engine, "a")).toBe("199");
        expect(await engine.count("records")).toBe(8);
      }));

    test("everything is refused after close()", async () => {
      const engine = await open();
      await engine.close();
      await expect(engine.get("records", bytes("a"))).rejects.toThrow(StorageError);
      await expect(engine.write([put("a", "1")])).rejects.toThrow(StorageError);
      await expect(engine.scan("records", { limit: 1 })).rejects.toThrow(StorageError);
    });

    test.skipIf(damage === undefined)(
      "a damaged value is never served, spoils no page, and gives way to a new one",
      async () => {
        const engine = await open();
        const marked = "a value that is found in a file";
        await engine.write([put("b", marked)]);
        await engine.close();
        const again = await damage?.(engine, bytes(marked));
        if (again === undefined) throw new Error("Cannot damage: there is no such engine");
        await again.write([put("a", "1"), put("c", "3")]);
        await expect(again.get("records", bytes("b"))).rejects.toThrow(DamageError);
        const page = await again.scan("records", { limit: 3 });
        expect(page.map((entry) => [text(entry.key), entry.value && text(entry.value)])).toEqual([
          ["a", "1"],
          ["b", undefined],
          ["c", "3"],
        ]);
        expect(await again.count("records")).toBe(3);
        await again.write([put("b", "whole")]);
        expect(await value(again, "b")).toBe("whole");
        await again.write([remove("b")]);
        expect(await keys(again)).toEqual(["a", "c"]);
        await again.close();
      },
    );

    test.skipIf(reopen === undefined)(
      "close() finishes the writes under way; reopening finds them",
      async () => {
        const engine = await open();
        const writes = Array.from({ length: 50 }, (_, index) =>
          engine.write([put("a", `${index}`), put(`k${index}`, "1")]),
        );
        await engine.close();
        await Promise.all(writes);
        const again = await reopen?.(engine);
        expect(again === undefined ? undefined : await value(again, "a")).toBe("49");
        expect(await again?.count("records")).toBe(51);
        await again?.close();
      },
    );
  });
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (from: Uint8Array): string => Buffer.from(from).toString("latin1");
const put = (key: string, content: string): Write => ({
  table: "records",
  key: bytes(key),
  value: bytes(content),
});
const remove = (key: string): Write => ({ table: "records", key: bytes(key), value: undefined });
const bytesWrite = (key: readonly number[]): Write => ({
  table: "records",
  key: Uint8Array.from(key),
  value: Uint8Array.from(key),
});

async function value(engine: Engine, key: string): Promise<string | undefined> {
  const found = await engine.get("records", bytes(key));
  return found === undefined ? undefined : text(found);
}

async function keys(engine: Engine): Promise<string[]> {
  return (await engine.scan("records", { limit: 1_000 })).map(({ key }) => text(key));
}

async function everything(engine: Engine): Promise<Record<string, string>> {
  const entries = await engine.scan("records", { limit: 1_000 });
  return Object.fromEntries(
    entries.map((entry) => [text(entry.key), text(entry.value ?? bytes("damaged"))]),
  );
}

async function pages(
  engine: Engine,
  options: { readonly prefix?: Uint8Array; readonly limit: number },
): Promise<string[][]> {
  const found: string[][] = [];
  let after: Uint8Array | undefined;
  for (;;) {
    const page = await engine.scan(
      "records",
      after === undefined ? options : { ...options, after },
    );
    if (page.length > 0) {
      found.push(page.map(({ key }) => text(key)));
    }
    after = page.at(-1)?.key;
    if (after === undefined || page.length < options.limit) {
      return found;
    }
  }
}
