import { describe, expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { encodeManifest, parseManifest } from "./manifest.ts";

const MANIFEST: Manifest = {
  format: "ringside-snapshot",
  version: 1,
  cluster: {
    ...{ clusterId: "c", nodes: ["n1"], n: 1, r: 1, w: 1 },
    ...{ quorum: "sloppy", versioning: "dvvset", partitions: 8 },
  },
  begunMs: 1,
  endedMs: 2,
  complete: true,
  partitions: [entryOf("partition-00007.rows")],
};

function entryOf(name: string): Manifest["partitions"][number] {
  const file = { name, bytes: 3, sha256: "00" };
  return { partition: 7, file, rows: 1, begunMs: 1, missing: [], coversFromW: 1 };
}

describe("parseManifest()", () => {
  const parsed = (changes: object): Manifest =>
    parseManifest(encodeManifest({ ...MANIFEST, ...changes }), "it");

  test("reads what encodeManifest() wrote", () => {
    expect(parsed({})).toEqual(MANIFEST);
  });

  test.each(["../../etc/hostname", "/dev/zero", "partition-00008.rows", "partition-00007.rows/"])(
    "refuses %s as the file of partition 7, whatever the checksum says",
    (name) => {
      const partitions = [entryOf(name)];
      expect(() => parsed({ partitions })).toThrow(/^Cannot use it: it says not which files/);
    },
  );

  test.each([
    { cluster: undefined },
    { partitions: undefined },
    { partitions: [null] },
    { partitions: [{ partition: "7", file: null }] },
    { partitions: [{ partition: 7 }] },
  ])("refuses a shape such as %j in one line", (changes) => {
    expect(() => parsed(changes)).toThrow(/^Cannot use it: [^\n]*$/);
  });
});
