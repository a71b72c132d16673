import { describe, expect, test, vi } from "vitest";
import { nodeId } from "../base/ids.ts";
import { CountingAssertions } from "../env/testing/counting-assertions.ts";
import { PAGE_BYTES } from "../protocol/row-page.ts";
import type { Entry, Write } from "../storage/engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import type { RowQuery } from "./partition-rows.ts";
import { PartitionRows } from "./partition-rows.ts";
import { encodeRow } from "./row.ts";
import { hintRowKey, recordRowKey } from "./row-keys.ts";

const OWNERS = ["n9", "long-name", "b"].map(nodeId);

async function rowsIn(writes: readonly Write[]) {
  const engine = new KeptEngine();
  await engine.write(writes);
  const assertions = new CountingAssertions();
  const rows = new PartitionRows({ assertions, engine, hintOwners: () => OWNERS });
  const read = async (query: Omit<RowQuery, "after">) => {
    const pages: string[][] = [];
    let after: Uint8Array | undefined;
    do {
      const page = await rows.page({ ...query, after });
      pages.push(
        page.rows.map(({ key, record }) => `${Buffer.from(key)}=${record?.length ?? "damaged"}`),
      );
      after = page.next;
    } while (after !== undefined);
    return pages;
  };
  return { engine, rows, read };
}

function write(table: "records" | "hints", key: Uint8Array, length = 3): Write {
  return {
    table,
    key,
    value: encodeRow({ localActor: undefined, record: Buffer.alloc(length, 1) }),
  };
}

const record = (partition: number, key: string, length?: number): Write =>
  write("records", recordRowKey(partition, Buffer.from(key)), length);
const hint = (owner: string, partition: number, key: string, length?: number): Write =>
  write("hints", hintRowKey(nodeId(owner), partition, Buffer.from(key)), length);

describe("D-6.2-8 PartitionRows", () => {
  test("gives the rows of the partitions asked for and no others", async () => {
    const { read } = await rowsIn([
      ...[record(0, "a"), record(1, "b"), record(1, "\0"), record(2, "c"), record(3, "d")],
      ...[record(255, "e"), record(256, "f"), record(65_535, "g")],
    ]);
    const run = (first: number, last: number) =>
      read({ table: "records", partitions: { first, last } });
    expect(await run(1, 2)).toEqual([["\0=3", "b=3", "c=3"]]);
    expect(await run(0, 65_535)).toEqual([
      ["a=3", "\0=3", "b=3", "c=3", "d=3", "e=3", "f=3", "g=3"],
    ]);
    expect(await run(256, 256)).toEqual([["f=3"]]);
    expect(await run(4, 254)).toEqual([[]]);
  });

  test("gives hints of all owners, each with its own rows", async () => {
    const { read } = await rowsIn([
      ...[hint("b", 1, "x"), hint("b", 7, "y"), hint("n9", 1, "x", 4), hint("n9", 2, "z")],
      ...[hint("long-name", 0, "w"), hint("long-name", 1, "v"), record(1, "x")],
    ]);
    expect(await read({ table: "hints", partitions: { first: 1, last: 2 } })).toEqual([
      ["x=3", "v=3", "x=4", "z=3"],
    ]);
  });

  test("fills pages up to a megabyte and one row, and goes on where each has ended", async () => {
    const long = Math.ceil(PAGE_BYTES / 3);
    const names = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, "0"));
    const { read } = await rowsIn([
      ...names.map((name) => record(5, name, name < "010" ? long : 3)),
      ...names.map((name) => hint(name < "050" ? "b" : "n9", 5, name, name > "095" ? long : 3)),
    ]);
    const partitions = { first: 5, last: 5 };
    for (const table of ["records", "hints"] as const) {
      const pages = await read({ table, partitions });
      expect(pages.flat().map((row) => row.slice(0, 3))).toEqual(names);
      expect(pages.length).toBe(table === "records" ? 4 : 2);
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThan(100);
    }
    const many = Array.from({ length: 2_500 }, (_, index) => record(5, `k${index}`));
    const { read: readMany } = await rowsIn(many);
    const pages = await readMany({ table: "records", partitions });
    expect(pages.map(({ length }) => length)).toEqual([1_024, 1_024, 452]);
  });

  test("reads of long rows no more than the page takes", async () => {
    const names = Array.from({ length: 40 }, (_, index) => String(index).padStart(3, "0"));
    const { engine, rows } = await rowsIn(names.map((name) => record(5, name, PAGE_BYTES / 4)));
    const scan = vi.spyOn(engine, "scan");
    const page = await rows.page({ table: "records", partitions: { first: 5, last: 5 } });
    expect(page.rows.length).toBe(4);
    const read = scan.mock.settledResults.flatMap(({ value }) => value as readonly Entry[]);
    expect(read.length).toBe(4);
  });

  test("tells of damaged rows and goes on", async () => {
    const { engine, read } = await rowsIn([record(1, "a"), record(1, "b"), hint("b", 1, "c")]);
    await engine.damage("records");
    await engine.damage("hints");
    await engine.write([record(1, "d")]);
    const partitions = { first: 1, last: 1 };
    expect(await read({ table: "records", partitions })).toEqual([
      ["a=damaged", "b=damaged", "d=3"],
    ]);
    expect(await read({ table: "hints", partitions })).toEqual([["c=damaged"]]);
  });
});
