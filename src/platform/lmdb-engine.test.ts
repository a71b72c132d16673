import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { describe, expect, test } from "vitest";
import type { Write } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { openLmdbEngine } from "./lmdb-engine.ts";
import { diskEngineSuite, garble } from "./testing/disk-engine-suite.ts";

const freshFolder = diskEngineSuite({
  name: "lmdb",
  dataFile: "data.mdb",
  open: openLmdbEngine,
});

describe("openLmdbEngine()", () => {
  test("refuses a folder that another engine or process holds, and takes it once it is free", async () => {
    const folder = freshFolder();
    const engine = await openLmdbEngine({ folder, sync: false });
    await expect(openLmdbEngine({ folder, sync: false })).rejects.toThrow(
      `Cannot open the database in ${folder}: another process holds it`,
    );
    const script = `
      import { openLmdbEngine } from ${JSON.stringify(import.meta.resolve("./lmdb-engine.ts"))};
      const held = await openLmdbEngine({ folder: process.argv[1], sync: false }).catch((error) => error);
      console.log(held.name, held.message);
      if (held.name === "lmdb") process.kill(process.pid, "SIGKILL");`;
    const child = (): string =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script, folder], {
        encoding: "utf8",
      });
    expect(child()).toContain("StorageError Cannot open the database");
    await engine.close();
    // The child is killed while it holds the folder; the kernel frees it.
    expect(child).toThrow("SIGKILL");
    await (await openLmdbEngine({ folder, sync: false })).close();
  });

  test("refuses a folder of other files, and leaves them alone", async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(
      /holds notes.txt and no data.mdb/,
    );
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
  });

  test("refuses a data file that is no LMDB database", async () => {
    const folder = freshFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, "data.mdb"), Buffer.alloc(65_536, "not a database"));
    await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(StorageError);
    await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(
      /^Cannot open the database in [^\n]+$/,
    );
  });

  test("refuses another program's database and another format's", async () => {
    for (const [table, value, reason] of [
      ["theirs", "x", "another program made this database"],
      ["format", "ringside-lmdb 999", "its format is ringside-lmdb 999"],
    ] as const) {
      const folder = freshFolder();
      const root = open({ path: folder, noSubdir: false });
      const options = { name: table, encoding: "binary", keyEncoding: "binary" } as const;
      await root.openDB<Buffer, Uint8Array>(options).put(Buffer.from("format"), Buffer.from(value));
      await root.close();
      await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(reason);
    }
  });

  test.each([200, 4_096, 8_192, 16_384, 65_536, 100_000])(
    "refuses a data file that was cut short to %i bytes",
    async (sizeBytes) => {
      const { folder } = await filledFolder();
      truncateSync(join(folder, "data.mdb"), sizeBytes);
      await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(
        /^Cannot open the database in [^\n]*(damaged|cut short|CORRUPTED)[^\n]*$/,
      );
    },
  );

  test("refuses a path that is a file", async () => {
    const folder = freshFolder();
    writeFileSync(folder, "");
    await expect(openLmdbEngine({ folder, sync: true })).rejects.toThrow(StorageError);
  });
});

describe("LmdbEngine", () => {
  test("finds a damaged value by get() and scan() and names its key", async () => {
    const { folder, marker } = await filledFolder();
    garble(join(folder, "data.mdb"), marker);
    const engine = await openLmdbEngine({ folder, sync: true });
    const key = Buffer.from("marked");
    const message = `Cannot read the value of key ${key.toString("hex")}`;
    await expect(engine.get("records", key)).rejects.toThrow(message);
    const damaged = (await engine.scan("records", { limit: 1_000 })).filter((row) => !row.value);
    expect(damaged).toEqual([{ key, value: undefined }]);
    expect(await engine.get("records", Buffer.from("k0"))).toHaveLength(3_000);
    await engine.close();
  });

  test.skipIf(process.platform !== "linux")(
    "maps its file once, however far that has grown",
    async () => {
      const folder = freshFolder();
      const engine = await openLmdbEngine({ folder, sync: false });
      for (let at = 0; at < 64; at += 1) await engine.write([put(`k${at}`, 100_000)]);
      expect(statSync(join(folder, "data.mdb")).size).toBeGreaterThan(6_000_000);
      const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
      expect(maps.filter((line) => line.endsWith(join(folder, "data.mdb")))).toHaveLength(1);
      await engine.close();
    },
  );

  test("refuses values once the size limit is reached, takes removals, and what was refused is not visible", async () => {
    const folder = freshFolder();
    const engine = await openLmdbEngine({ folder, sync: false, mapSizeBytesMax: 400_000 });
    let stored = 0;
    let refused: unknown;
    while (refused === undefined) {
      await engine.write([put(`k${stored}`, 3_000)]).then(
        () => {
          stored += 1;
        },
        (error: unknown) => {
          refused = error;
        },
      );
    }
    expect(refused).toBeInstanceOf(StorageError);
    expect(String(refused)).toMatch(
      /Cannot write \d+ bytes: the database holds \d+ and may grow to 400000/,
    );
    expect(stored).toBeGreaterThan(20);
    expect(await engine.get("records", Buffer.from(`k${stored}`))).toBeUndefined();
    expect(await engine.count("records")).toBe(stored);
    await engine.write([{ table: "records", key: Buffer.from("k0"), value: undefined }]);
    await engine.close();
    expect(statSync(join(folder, "data.mdb")).size).toBeLessThan(440_000);
    const larger = await openLmdbEngine({ folder, sync: false });
    await larger.write([put("again", 3_000)]);
    expect(await larger.count("records")).toBe(stored);
    await larger.close();
  });
});

function put(key: string, sizeBytes: number): Write {
  return { table: "records", key: Buffer.from(key), value: Buffer.alloc(sizeBytes, key) };
}

/** A closed database of 50 values and one that can be found in the file. */
async function filledFolder(): Promise<{ readonly folder: string; readonly marker: Buffer }> {
  const folder = freshFolder();
  const marker = Buffer.from("a value that occurs nowhere else");
  const engine = await openLmdbEngine({ folder, sync: true });
  await engine.write(Array.from({ length: 50 }, (_, index) => put(`k${index}`, 3_000)));
  await engine.write([{ table: "records", key: Buffer.from("marked"), value: marker }]);
  await engine.close();
  return { folder, marker };
}
