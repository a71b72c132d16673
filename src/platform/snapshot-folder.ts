import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** A file's length and the hexadecimal SHA-256 of its bytes. */
interface Measure {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of a snapshot in a folder, as `src/snapshot/contract.ts` describes them. */
export interface SnapshotFolder {
  create(name: string): Promise<FileInTheMaking>;
  measure(name: string): Promise<Measure | undefined>;
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
  syncNames(): Promise<void>;
}

export interface FileInTheMaking {
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<Measure>;
  discard(): Promise<void>;
}

/** Makes an error of one line for people. */
export type ComplaintOf = (sentence: string, cause: unknown) => Error;

/**
 * A folder whose files appear whole or not at all: each is written under another name, flushed, and
 * renamed. Made where it is missing, unless `mustExist`.
 */
export async function openSnapshotFolder(
  path: string,
  complain: ComplaintOf,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): Promise<SnapshotFolder> {
  const tried = async <T>(what: string, step: () => Promise<T>): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      throw complain(`Cannot ${what}: ${reasonOf(error)}`, error);
    }
  };
  if (mustExist) await tried(`read the folder ${path}`, () => readdir(path));
  else await tried(`make the folder ${path}`, () => makeFolder(path));
  return {
    create: async (name) => {
      const target = join(path, name);
      const unfinished = `${target}.unfinished`;
      const file = await tried(`write ${target}`, () => open(unfinished, "w"));
      return fileInTheMaking({ file, unfinished, target, tried });
    },
    measure: (name) => tried(`read ${join(path, name)}`, () => measureFile(join(path, name))),
    async *read(name) {
      try {
        yield* createReadStream(join(path, name), { highWaterMark: CHUNK_BYTES });
      } catch (error) {
        throw complain(`Cannot read ${join(path, name)}: ${reasonOf(error)}`, error);
      }
    },
    remove: (name) =>
      tried(`remove ${join(path, name)}`, () => rm(join(path, name), { force: true })),
    names: () => tried(`read the folder ${path}`, () => readdir(path)),
    syncNames: () => tried(`sync the folder ${path}`, () => syncFolder(path)),
  };
}

/** Makes a folder, and those above it that are missing; resolves when their names are synced. */
export async function makeFolder(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true });
  if (topmost === undefined) return;
  const above = dirname(resolve(topmost));
  for (let folder = resolve(path); folder !== above; folder = dirname(folder)) {
    await syncFolder(dirname(folder));
  }
}

/** Flushes what a folder says of its files. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const CHUNK_BYTES = 256 * 1_024;

interface MakingParts {
  readonly file: FileHandle;
  readonly unfinished: string;
  readonly target: string;
  readonly tried: <T>(what: string, step: () => Promise<T>) => Promise<T>;
}

function fileInTheMaking(parts: MakingParts): FileInTheMaking {
  const { file, unfinished, target, tried } = parts;
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const discard = async (): Promise<void> => {
    await file.close();
    await rm(unfinished, { force: true });
  };
  return {
    write: (bytes) =>
      tried(`write ${target}`, async () => {
        await file.writeFile(bytes);
        hash.update(bytes);
        sizeBytes += bytes.length;
      }),
    finish: () =>
      tried(`write ${target}`, async () => {
        await file.sync();
        await file.close();
        await rename(unfinished, target);
        return { bytes: sizeBytes, sha256: hash.digest("hex") };
      }),
    discard: () => tried(`remove ${unfinished}`, discard),
  };
}

async function measureFile(path: string): Promise<Measure | undefined> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return { bytes: sizeBytes, sha256: hash.digest("hex") };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error);
}
