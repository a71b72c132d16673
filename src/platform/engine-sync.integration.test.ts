import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { SystemCall } from "./testing/strace.ts";
import { canStrace, isFlushOf, parseStrace, STRACE_OPTIONS } from "./testing/strace.ts";

/*
 * Aim: with sync on, a resolved write has been flushed to the device; and the test can tell, since with sync off it sees
 * that nothing was.
 *
 * Method: strace watches a process write one key. Between the line before the call and the line after the promise LMDB
 * must write its pages, flush them, and then write its new root through a descriptor that flushes by itself.
 */
describe.skipIf(!canStrace())("LmdbEngine under strace (skipped where there is no strace)", () => {
  test("with sync on, acknowledges a write after pages and root are flushed, in that order", () => {
    const { calls, between } = traceOneWrite("lmdb", "on");
    const flush = between.findIndex((call) => isFlushOf(call, "data.mdb"));
    expect(flush, "pages are flushed").toBeGreaterThanOrEqual(0);
    const written = between.slice(0, flush).filter(isDataWrite);
    expect(written.length, "pages are written before the flush").toBeGreaterThan(0);
    const root = between.slice(flush + 1).find(isDataWrite);
    expect(root, "the root is written after the flush").toBeDefined();
    const descriptor = Number(root?.argumentText.split("<")[0]);
    const opened = calls.find(({ name, result }) => name === "openat" && result === descriptor);
    expect(opened?.argumentText, "writes of the root flush by themselves").toContain("O_DSYNC");
  });

  test("with sync off, acknowledges a write that nothing has flushed", () => {
    const { between } = traceOneWrite("lmdb", "off");
    expect(between.some(isDataWrite)).toBe(true);
    expect(between.some((call) => isFlushOf(call, "data.mdb"))).toBe(false);
  });
});

/*
 * SQLite must write its log and flush that.
 */
describe.skipIf(!canStrace())(
  "SqliteEngine under strace (skipped where there is no strace)",
  () => {
    const isLogWrite = (call: SystemCall): boolean => isWriteTo(call, "data.sqlite-wal");

    test("with sync on, acknowledges a write after its log is written and flushed", () => {
      const { between } = traceOneWrite("sqlite", "on");
      const flush = between.findLastIndex((call) => isFlushOf(call, "data.sqlite-wal"));
      expect(flush, "the log is flushed").toBeGreaterThanOrEqual(0);
      expect(between.slice(0, flush).some(isLogWrite), "and written before").toBe(true);
      expect(between.slice(flush + 1).some(isLogWrite), "nothing is written behind").toBe(false);
    });

    test("with sync off, acknowledges a write that nothing has flushed", () => {
      const { between } = traceOneWrite("sqlite", "off");
      expect(between.some(isLogWrite)).toBe(true);
      expect(between.some((call) => isFlushOf(call, "data.sqlite-wal"))).toBe(false);
    });
  },
);

function isDataWrite(call: SystemCall): boolean {
  return isWriteTo(call, "data.mdb");
}

function isWriteTo({ name, argumentText, result }: SystemCall, file: string): boolean {
  const isWrite = ["write", "writev", "pwrite64", "pwritev"].includes(name);
  return isWrite && argumentText.includes(file) && (result ?? 0) > 0;
}

/** All calls of the process, and those that ended between its two lines. */
function traceOneWrite(
  engine: "lmdb" | "sqlite",
  sync: "on" | "off",
): {
  readonly calls: readonly SystemCall[];
  readonly between: readonly SystemCall[];
} {
  const folder = mkdtempSync(join(tmpdir(), "ringside-strace-"));
  try {
    const output = join(folder, "trace");
    const script = fileURLToPath(import.meta.resolve("./testing/write-once.ts"));
    const command = [process.execPath, script, join(folder, "data"), sync, engine];
    execFileSync("strace", [...STRACE_OPTIONS, "-o", output, ...command], { stdio: "pipe" });
    const calls = parseStrace(readFileSync(output, "utf8"));
    const request = calls.find(({ argumentText }) => argumentText.includes('"REQUEST'));
    const answer = calls.find(({ argumentText }) => argumentText.includes('"ACKNOWLEDGED'));
    if (request === undefined || answer === undefined) {
      throw new Error(`Cannot find both lines among ${calls.length} system calls`);
    }
    const between = calls.filter(
      (call) => call.startSeconds >= request.endSeconds && call.endSeconds <= answer.startSeconds,
    );
    return { calls, between };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
