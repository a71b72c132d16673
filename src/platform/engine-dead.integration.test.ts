import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { canStrace } from "./testing/strace.ts";

/*
 * Aim: after a failure after which nobody knows what the disk holds an engine takes nothing more; each write then says so, and none
 * waits for ever.
 *
 * Method: strace lets one system call of a child fail, and only that one.
 */
const ENGINES = [
  {
    // The thread that commits writes a page first and the root next, where the database is there already.
    engine: "lmdb",
    folder: "data",
    failure: "a write of its root",
    inject: ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EIO:when=2"],
    said: "Input/output error",
    read: expect.stringContaining("StorageError: Cannot read the database"),
  },
  {
    // Seven flushes make the database, the eighth is that of the first commit. What is there already SQLite does not write again.
    engine: "sqlite",
    folder: "fresh",
    failure: "a flush of its log",
    inject: ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=8"],
    said: "disk I/O error",
    read: "done",
  },
] as const;

describe.skipIf(!canStrace())("an engine that is dead (skipped where there is no strace)", () => {
  test.each(ENGINES)(
    "$engine rejects all writes after $failure, and can be closed",
    ({ engine, folder, inject, said, read }) => {
      const root = mkdtempSync(join(tmpdir(), "ringside-dead-"));
      try {
        expect(writeTwice(engine, join(root, "data"), [])).toEqual({
          first: "done",
          second: "done",
          read: "done",
          failure: "none",
          closed: "done",
        });
        const traced = ["strace", "-f", "-o", "/dev/null", ...inject];
        const told = writeTwice(engine, join(root, folder), traced);
        const dead = `FatalStorageError: Cannot write to the database: ${said}`;
        expect(told).toEqual({
          first: expect.stringContaining(dead),
          second: expect.stringContaining(dead),
          read,
          failure: "FatalStorageError",
          closed: "done",
        });
      } finally {
        rmSync(root, { recursive: true });
      }
    },
  );
});

/** What the child told of each of its steps. */
function writeTwice(engine: string, folder: string, traced: readonly string[]): unknown {
  const script = fileURLToPath(import.meta.resolve("./testing/write-twice.ts"));
  const child = [process.execPath, script, engine, folder];
  const [file = "", ...rest] = [...traced, ...child];
  const output = execFileSync(file, rest, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    // One thread commits, so that its calls can be counted.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
    timeout: 30_000,
  });
  return JSON.parse(output);
}
