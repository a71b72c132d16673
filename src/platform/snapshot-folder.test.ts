import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import {
  publish,
  readEach,
  removeSnapshot,
  removeUnfinished,
  unfinishedPath,
} from "./snapshot-archive.ts";
import { openSnapshotFolder } from "./snapshot-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "snapshot-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const complain = (sentence: string, cause: unknown) => new RangeError(sentence, { cause });

describe("openSnapshotFolder()", () => {
  test("shows a file once it is finished, with the checksum of what is read back", async () => {
    const files = await openSnapshotFolder(join(folder, "deep", "down"), complain);
    const file = await files.create("rows");
    await file.write(Buffer.from("one "));
    expect(await files.measure("rows")).toBeUndefined();
    await file.write(Buffer.from("two"));
    const measure = await file.finish();
    const whole = Buffer.from("one two");
    expect(measure).toEqual({ bytes: 7, sha256: toHex(sha256(whole)) });
    expect(await files.measure("rows")).toEqual(measure);
    expect(Buffer.concat(await Array.fromAsync(files.read("rows")))).toEqual(whole);
    expect(await files.names()).toEqual(["rows"]);
    await files.remove("rows");
    await files.remove("rows");
    expect(await files.names()).toEqual([]);
  });

  test("leaves what was there where a file is given up", async () => {
    const files = await openSnapshotFolder(folder, complain);
    await writeFile(join(folder, "rows"), "before");
    const file = await files.create("rows");
    await file.write(Buffer.from("after"));
    await file.discard();
    expect(await files.names()).toEqual(["rows"]);
    expect(await files.measure("rows")).toMatchObject({ bytes: 6 });
  });

  test("complains in one line", async () => {
    const missing = join(folder, "missing");
    await expect(openSnapshotFolder(missing, complain, { mustExist: true })).rejects.toThrow(
      /^Cannot read the folder .*missing: ENOENT[^\n]*$/,
    );
    await writeFile(join(folder, "file"), "");
    await expect(openSnapshotFolder(join(folder, "file"), complain)).rejects.toThrow(
      /^Cannot make the folder [^\n]*$/,
    );
    const files = await openSnapshotFolder(folder, complain);
    await expect(files.create("no/where")).rejects.toThrow(/^Cannot write .*where: ENOENT/);
    await expect(Array.fromAsync(files.read("none"))).rejects.toThrow(
      /^Cannot read .*none: ENOENT/,
    );
  });
});

describe("an archive of snapshots", () => {
  const make = async (name: string): Promise<void> => {
    const files = await openSnapshotFolder(unfinishedPath(folder, name), complain);
    const file = await files.create("manifest");
    await file.write(Buffer.from(name));
    await file.finish();
  };

  test("shows a snapshot once it is published, and forgets what never was", async () => {
    await make("a");
    await make("b");
    expect(await readEach(folder, "manifest", (name) => !name.startsWith("."))).toEqual([]);
    await publish(folder, "a");
    await removeUnfinished(folder);
    expect(await readdir(folder)).toEqual(["a"]);
    expect(await readEach(folder, "manifest", (name) => name === "a")).toEqual([
      { name: "a", text: "a" },
    ]);
    await mkdir(join(folder, "c"));
    const isOne = (name: string) => name === "c";
    expect(await readEach(folder, "manifest", isOne)).toMatchObject([
      { name: "c", error: { code: "ENOENT" } },
    ]);
    await rm(join(folder, "c"), { recursive: true });
    await removeSnapshot(folder, "a");
    expect(await readdir(folder)).toEqual([]);
  });
});
