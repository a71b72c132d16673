import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

/*
 * Aim: a full disk is a clear StorageError, loses nothing that was acknowledged, and room made by removals is used.
 *
 * Method: a child in a mount namespace of its own, where a memory disk of 1 MiB is mounted; both vanish with it.
 */
const ON_SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1/data"';

function onSmallDisk(program: string, argument: string): readonly string[] {
  return ["-rm", "sh", "-c", ON_SMALL_DISK, "sh", mountPoint(), program, argument];
}

let mountPointMade: string | undefined;
function mountPoint(): string {
  mountPointMade ??= mkdtempSync(join(tmpdir(), "ringside-full-"));
  return mountPointMade;
}

const canMount = spawnSync("unshare", onSmallDisk("test", "-n")).status === 0;

afterAll(() => rmSync(mountPoint(), { recursive: true, force: true }));

describe.skipIf(!canMount)("LmdbEngine on a full disk (skipped where none can be mounted)", () => {
  test("rejects with StorageError, keeps what it has, and goes on once there is room", () => {
    const script = fileURLToPath(import.meta.resolve("./testing/fill-disk.ts"));
    const output = execFileSync("unshare", onSmallDisk(process.execPath, script), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    expect(told.name).toBe("StorageError");
    expect(told.message).toMatch(
      /Cannot write to the database: .* \(the disk is full, \d+ bytes are free\)/,
    );
    expect(told.stored).toBeGreaterThan(10);
    expect(told.lostVisible).toBe(false);
    expect(told.firstSizeBytes).toBe(20_000);
    expect(told.count).toBe(Math.floor(told.stored / 2) + 1);
    expect(told.countAgain).toBe(told.count);
  });
});
