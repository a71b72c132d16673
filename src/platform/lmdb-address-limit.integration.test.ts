import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/*
 * Aim: where the process may have few addresses the engine opens and grows all the same; lmdb-js ends a process whose map does not fit,
 * without a word. Method: a child under `ulimit -v`, which stores more than lmdb-js's first map holds.
 */
const LIMIT_KIB = 16_000_000;
const UNDER_LIMIT = `ulimit -v ${LIMIT_KIB} && exec "$@"`;

function underLimit(...command: readonly string[]) {
  return spawnSync("sh", ["-c", UNDER_LIMIT, "sh", ...command], { encoding: "utf8" });
}

const canLimit = process.platform === "linux" && underLimit("true").status === 0;

test.skipIf(!canLimit)("LmdbEngine opens and grows under a limit of its addresses", () => {
  const folder = mkdtempSync(join(tmpdir(), "ringside-limit-"));
  try {
    const script = fileURLToPath(import.meta.resolve("./testing/write-some.ts"));
    const { status, signal, stdout, stderr } = underLimit(
      process.execPath,
      script,
      join(folder, "data"),
    );
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
    expect(stdout).toBe("200\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
