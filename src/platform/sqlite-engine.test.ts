import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { StorageError } from "../storage/engine.ts";
import { openLmdbEngine } from "./lmdb-engine.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { openSqliteFolder } from "./sqlite-folder.ts";
import { diskEngineSuite, garble } from "./testing/disk-engine-suite.ts";

const freshFolder = diskEngineSuite({
  name: "sqlite",
  dataFile: "data.sqlite",
  open: openSqliteEngine,
});

describe("openSqliteEngine()", () => {
  test("refuses a folder that another engine or process holds, and takes it once it is free", async () => {
    const folder = freshFolder();
    const engine = await openSqliteEngine({ folder, sync: false });
    await expect(openSqliteEngine({ folder, sync: false })).rejects.toThrow(
      `Cannot open the database in ${folder}: another process holds it`,
    );
    const script = `
      import { openSqliteEngine } from ${JSON.stringify(import.meta.resolve("./sqlite-engine.ts"))};
      const held = await openSqliteEngine({ folder: process.argv[1], sync: false }).catch((error) => error);
      console.log(held.name, held.message);`;
    const told = execFileSync(process.execPath, ["--input-type=module", "-e", script, folder], {
      encoding: "utf8",
    });
    expect(told).toContain("StorageError Cannot open the database");
    await engine.close();
    await (await openSqliteEngine({ folder, sync: false })).close();
  });

  test("leaves the folder to others where the database cannot be closed", async () => {
    const folder = freshFolder();
    const opened = openSqliteFolder({ folder, sync: false });
    // So that it cannot be closed again.
    opened.database.close();
    expect(() => opened.close()).toThrow("database is not open");
    await (await openSqliteEngine({ folder, sync: false })).close();
  });

  test("refuses the folder of another engine, and other files, and leaves them alone", async () => {
    const folder = freshFolder();
    await (await openLmdbEngine({ folder, sync: false })).close();
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(
      /holds data.mdb and no data.sqlite/,
    );
    await (await openLmdbEngine({ folder, sync: false })).close();
  });

  test("refuses a data file that is no SQLite database", async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, "data.sqlite"), Buffer.alloc(65_536, "not a database"));
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(StorageError);
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(
      /^Cannot open the database in [^\n]+: data.sqlite is damaged or no database: [^\n]+$/,
    );
    expect(readFileSync(join(folder, "data.sqlite"), "latin1")).toContain("not a database");
  });

  test.each([
    ["CREATE TABLE theirs (a)", "another program made this database"],
    [
      "PRAGMA application_id = 0x52534442; PRAGMA user_version = 999; CREATE TABLE records (a)",
      "its format is ringside-sqlite 999",
    ],
    [
      "PRAGMA application_id = 0x52534442; PRAGMA user_version = 1; CREATE TABLE records (a)",
      "data.sqlite is damaged or no database",
    ],
  ])("refuses the database of %s", async (made, reason) => {
    const folder = freshFolder();
    mkdirSync(folder);
    const database = new DatabaseSync(join(folder, "data.sqlite"));
    database.exec(made);
    database.close();
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(reason);
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(reason);
  });

  test.each([200, 4_096, 16_384, 100_000])(
    "refuses a data file that was cut short to %i bytes",
    async (sizeBytes) => {
      const { folder } = await filledFolder();
      truncateSync(join(folder, "data.sqlite"), sizeBytes);
      await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(
        /^Cannot open the database in [^\n]*damaged[^\n]*$/,
      );
    },
  );

  test("takes a file that was made and never filled", async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, "data.sqlite"), "");
    const engine = await openSqliteEngine({ folder, sync: true });
    expect(await engine.count("records")).toBe(0);
    await engine.close();
  });

  test("refuses a path that is a file", async () => {
    const folder = freshFolder();
    writeFileSync(folder, "");
    await expect(openSqliteEngine({ folder, sync: true })).rejects.toThrow(StorageError);
  });
});

describe("SqliteEngine", () => {
  test("get() finds a damaged value and names its key, scan() gives it without a value", async () => {
    const { folder, marker } = await filledFolder();
    garble(join(folder, "data.sqlite"), marker);
    const engine = await openSqliteEngine({ folder, sync: true });
    const key = Buffer.from("marked");
    const message = `Cannot read the value of key ${key.toString("hex")}`;
    await expect(engine.get("records", key)).rejects.toThrow(message);
    const entries = await engine.scan("records", { limit: 1_000 });
    const damaged = entries.filter(({ value }) => value === undefined);
    expect(damaged.map((entry) => Buffer.from(entry.key).toString())).toEqual(["marked"]);
    expect(await engine.get("records", Buffer.from("k0"))).toHaveLength(3_000);
    await engine.close();
  });

  test("a damaged page is a StorageError", async () => {
    const { folder } = await filledFolder();
    const file = join(folder, "data.sqlite");
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4_096);
    writeFileSync(file, bytes);
    const engine = await openSqliteEngine({ folder, sync: true });
    await expect(engine.get("records", Buffer.from("k0"))).rejects.toThrow(
      /^Cannot read the database: /,
    );
    await expect(engine.write([put("k0", 10)])).rejects.toThrow(StorageError);
    await engine.close();
  });

  test("a scan that ends early holds nothing up", async () => {
    const { folder } = await filledFolder();
    const engine = await openSqliteEngine({ folder, sync: true });
    for (let round = 0; round < 5; round += 1) {
      expect(await engine.scan("records", { limit: 2 })).toHaveLength(2);
      await engine.write([put(`k${round}`, 3_000 + round)]);
      expect(await engine.get("records", Buffer.from(`k${round}`))).toHaveLength(3_000 + round);
    }
    await engine.close();
  });
});

function put(key: string, sizeBytes: number) {
  return { table: "records" as const, key: Buffer.from(key), value: Buffer.alloc(sizeBytes, key) };
}

/** A closed database of 50 values and one that can be found in the file. */
async function filledFolder(): Promise<{ readonly folder: string; readonly marker: Buffer }> {
  const folder = freshFolder();
  const marker = Buffer.from("a value that occurs nowhere else");
  const engine = await openSqliteEngine({ folder, sync: true });
  await engine.write(Array.from({ length: 50 }, (_, index) => put(`k${index}`, 3_000)));
  await engine.write([{ table: "records", key: Buffer.from("marked"), value: marker }]);
  await engine.close();
  return { folder, marker };
}
