import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Write } from "../storage/engine.ts";
import { TABLE_NAMES } from "../storage/engine.ts";
import type { CrashEvent } from "../storage/testing/crash-script.ts";
import { crashFaults } from "../storage/testing/crash-script.ts";
import { openEngine } from "./open-engine.ts";

/*
 * Aim: at every point of the crash script the death of the process leaves on a real disk what was promised, and the folder opens again.
 *
 * Method: a child plays the script and waits at each event. There it is stopped as a whole (SIGSTOP), its threads too, and its folder
 * is copied: that is what a kill at this very moment would leave. At the last event it is killed, and its own folder is
 * judged as well. (What a power failure leaves is another matter: see the simulated disk, and the tests under strace.)
 */
const CAN_SEE_STATES = existsSync("/proc/self/status");

describe.skipIf(!CAN_SEE_STATES).each([
  ["lmdb", 0],
  ["lmdb", 1_000],
  ["lmdb", 3],
  ["sqlite", 0],
  ["sqlite", 1_000],
  ["sqlite", 3],
] as const)(
  "D-5-2 SIGKILL at every point of the crash script, %s under a buffer of %i rows",
  (engine, bufferObjects) => {
    test("leaves what was promised and nothing that was never written", async () => {
      const parent = mkdtempSync(join(tmpdir(), "ringside-crash-points-"));
      try {
        const data = join(parent, "data");
        const copies = await copyAtEveryPoint(engine, bufferObjects, data, parent);
        expect(copies.length).toBeGreaterThan(70);
        const faults: string[] = [];
        for (const { events, folder } of copies) {
          const rows = await rowsOf(engine, folder);
          const found = crashFaults({
            events,
            rows,
            buffered: bufferObjects > 0,
            keepsDurable: true,
          });
          faults.push(...found.map((fault) => `after ${JSON.stringify(events.at(-1))}: ${fault}`));
        }
        expect(faults.slice(0, 5)).toEqual([]);
      } finally {
        rmSync(parent, { recursive: true, force: true });
      }
    });
  },
);

interface Copy {
  readonly events: readonly CrashEvent[];
  readonly folder: string;
}

async function copyAtEveryPoint(
  engine: "lmdb" | "sqlite",
  bufferObjects: number,
  data: string,
  parent: string,
): Promise<readonly Copy[]> {
  const script = fileURLToPath(import.meta.resolve("./testing/crash-child.ts"));
  const child = spawn(process.execPath, [script, engine, data, `${bufferObjects}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const copies: Copy[] = [];
  const events: CrashEvent[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === "END") break;
      events.push(JSON.parse(line) as CrashEvent);
      const folder = join(parent, `copy ${copies.length}`);
      await stopped(child);
      cpSync(data, folder, { recursive: true });
      copies.push({ events: [...events], folder });
      child.kill("SIGCONT");
      child.stdin.write(".");
    }
  } finally {
    child.kill("SIGKILL");
  }
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
  return [...copies, { events, folder: data }];
}

/** Resolves when no thread of the child runs any more. */
async function stopped(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  child.kill("SIGSTOP");
  const state = (): string =>
    /^State:\s+(\S)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? "";
  while (state() !== "T") await new Promise((resolve) => setImmediate(resolve));
}

async function rowsOf(engine: "lmdb" | "sqlite", folder: string): Promise<readonly Write[]> {
  const opened = await openEngine({ engine, folder, sync: true });
  const rows: Write[] = [];
  for (const table of TABLE_NAMES) {
    const entries = await opened.scan(table, { limit: 1_000 });
    rows.push(...entries.map((entry) => ({ table, ...entry })));
  }
  await opened.close();
  return rows;
}
