import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { canStrace } from "./testing/strace.ts";

/*
 * Aim: after a failed write of its root LMDB takes nothing more; each write then says so, and none waits for ever.
 *
 * Method: strace lets one system call of a child fail. The thread that commits writes a page first and the root next.
 */
describe.skipIf(!canStrace())(
  "LmdbEngine whose root cannot be written (skipped where there is no strace)",
  () => {
    test("rejects that write and all later ones, and can be closed", () => {
      const folder = mkdtempSync(join(tmpdir(), "ringside-root-"));
      try {
        expect(writeTwice(folder, [])).toEqual({
          first: "done",
          second: "done",
          read: "done",
          closed: "done",
        });
        const inject = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EIO:when=2"];
        const told = writeTwice(folder, ["strace", "-f", "-o", "/dev/null", ...inject]);
        expect(told).toEqual({
          first: expect.stringContaining(
            "StorageError: Cannot write to the database: Input/output error",
          ),
          second: expect.stringContaining("StorageError: Cannot write to the database"),
          read: expect.stringContaining("StorageError: Cannot read the database"),
          closed: "done",
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);

/** What the child told of each of its steps. */
function writeTwice(folder: string, traced: readonly string[]): unknown {
  const script = fileURLToPath(import.meta.resolve("./testing/write-twice.ts"));
  const [file = "", ...rest] = [...traced, process.execPath, script, join(folder, "data")];
  const output = execFileSync(file, rest, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    // One thread commits, so that its calls can be counted.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
    timeout: 30_000,
  });
  return JSON.parse(output);
}
