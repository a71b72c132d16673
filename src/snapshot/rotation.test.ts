import { describe, expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { encodeManifest } from "./manifest.ts";
import {
  archiveName,
  isArchiveName,
  outdated,
  parsePeriodMs,
  readableSnapshots,
} from "./rotation.ts";

describe("outdated()", () => {
  const at = (minute: number, complete = true) => ({
    name: archiveName(Date.UTC(2026, 10, 25, 20, minute)),
    complete,
  });

  test("keeps the newest, and no incomplete one drives out a complete one", () => {
    const all = [at(3), at(1), at(2), at(4)];
    expect(outdated(all, 4)).toEqual([]);
    expect(outdated(all, 2)).toEqual([at(2).name, at(1).name]);
    const mixed = [at(1), at(2, false), at(3, false), at(4, false)];
    expect(outdated(mixed, 2)).toEqual([at(2, false).name]);
  });

  test("goes by names that sort by time", () => {
    expect(at(5).name).toBe("2026-11-25T20-05-00Z");
    expect(isArchiveName(at(5).name)).toBe(true);
    expect(isArchiveName("2026-11-25T20-05-00Z.old")).toBe(false);
    expect(isArchiveName(".unfinished-2026-11-25T20-05-00Z")).toBe(false);
  });
});

describe("readableSnapshots()", () => {
  test("tells of folders that hold no snapshot, and leaves them to people", () => {
    const cluster = { versioning: "dvvset" };
    const manifest = { format: "ringside-snapshot", version: 1, cluster, partitions: [] };
    const text = encodeManifest({ ...manifest, complete: true } as unknown as Manifest);
    const folders = [
      { name: "a", text },
      { name: "b", text: text.replace("true", "false") },
      { name: "c", error: new Error("ENOENT") },
      { name: "d", text },
    ];
    const { snapshots, strange } = readableSnapshots(folders);
    expect(outdated(snapshots, 1)).toEqual(["a"]);
    expect(strange).toEqual([
      "Cannot use b/manifest.json: it is damaged: its checksum is another",
      "Cannot read c/manifest.json: ENOENT",
    ]);
  });
});

describe("parsePeriodMs()", () => {
  test("reads seconds, minutes, hours and days, and refuses all else", () => {
    expect(["30s", "15m", "1h", "7d"].map(parsePeriodMs)).toEqual([
      30_000, 900_000, 3_600_000, 604_800_000,
    ]);
    for (const text of ["", "1", "h", "0s", "1.5h", "-1h", "1w", "367d", "99999999s"]) {
      expect(() => parsePeriodMs(text)).toThrow(`Cannot use --every ${text}: allowed is`);
    }
  });
});
