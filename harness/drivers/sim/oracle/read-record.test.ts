import { describe, expect, test } from "vitest";
import { FormatError } from "../../../../src/base/binary.ts";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import { CausalWorld } from "../../../../src/causality/testing/causal-world.ts";
import { playReadModifyWrite } from "../../../../src/causality/testing/schedule.ts";
import { VERSIONING_MODES } from "../../../../src/causality/versioning.ts";
import { versioningFor } from "../../../../src/causality/versioning-for.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";
import { readRecord } from "./read-record.ts";

describe.each(VERSIONING_MODES)("readRecord() of %s", (mode) => {
  const versioning = versioningFor(mode);

  test("sees the payloads and the clock that the node's own decoder sees", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = new CausalWorld({ versioning, nodeCount: 3, clientCount: 4 });
      const random = new SeededRandom(seed);
      playReadModifyWrite(world, { steps: 40, clientCount: 4, coordinators: [0, 1, 2], random });
      for (const siblings of world.replicas) {
        const content = readRecord(mode, versioning.encode(siblings));
        expect(content.versions.map((version) => version.payload)).toEqual(
          siblings.payloads.map(byteString),
        );
        expect(new Map(content.clock)).toEqual(new Map(siblings.clock));
      }
    }
  });

  test("sees that there is nothing in an empty record", () => {
    const content = readRecord(mode, versioning.encode(versioning.empty));
    expect(content).toMatchObject({ versions: [] });
    expect(content.clock.size).toBe(0);
  });

  test("refuses what is cut off, goes on, or is of another mode", () => {
    const record = versioning.encode(versioning.empty);
    const other = versioningFor(mode === "lww" ? "dvvset" : "lww");
    for (const bytes of [
      record.subarray(0, -1),
      Buffer.concat([record, Buffer.from([0])]),
      other.encode(other.empty),
    ]) {
      expect(() => readRecord(mode, bytes)).toThrow(FormatError);
    }
  });
});
