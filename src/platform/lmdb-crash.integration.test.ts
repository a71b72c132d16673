import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLmdbEngine } from "./lmdb-engine.ts";

/*
 * Aim: what was acknowledged survives the death of the process at any moment, sync on or off, and the folder opens
 * again at once. (A power failure is another matter: see the test under strace.)
 */
test.each(["on", "off"])(
  "D-4.1-2 LmdbEngine with sync %s keeps every acknowledged write over kill -9",
  async (sync) => {
    const folder = mkdtempSync(join(tmpdir(), "ringside-crash-"));
    try {
      const data = join(folder, "data");
      let acknowledged = 0;
      for (const round of [1, 2, 3]) {
        const numbers = await acknowledgedUntilKilled(data, sync, 200 * round);
        expect(numbers.length).toBeGreaterThanOrEqual(200 * round);
        acknowledged = Math.max(acknowledged, ...numbers);
        const engine = await openLmdbEngine({ folder: data, sync: true });
        for (const index of numbers) {
          const value = await engine.get("records", Buffer.from(`${index}`));
          expect(value, `write ${index} of round ${round}`).toEqual(
            Buffer.alloc(1_000, `${index} `),
          );
        }
        await engine.close();
      }
      expect(acknowledged).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

/** Runs the writer, kills it after `count` lines, and gives every line that it got out. */
async function acknowledgedUntilKilled(
  folder: string,
  sync: string,
  count: number,
): Promise<readonly number[]> {
  const script = fileURLToPath(import.meta.resolve("./testing/write-forever.ts"));
  const child = spawn(process.execPath, [script, folder, sync], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split("\n").length > count) {
      child.kill("SIGKILL");
    }
  });
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
  return output.split("\n").slice(0, -1).map(Number);
}
