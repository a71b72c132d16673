import { describe, expect, it } from "vitest";
import { SeededRandom } from "../base/seeded-random.ts";
import { testActor } from "./testing/causal-world.ts";
import type { VersioningMode } from "./versioning.ts";
import { versioningFor } from "./versioning-for.ts";

// What last write wins loses for its clocks alone (K-14): one client reads a key and replaces what it read, every 20 ms,
// each time through one of three nodes; nothing is concurrent and nothing fails, so every lost write is lost to a clock. One node's
// is ahead by `skewMs`. By wall clocks a write of the other two is lost for as long after one of that node's as it is ahead;
// a third of the writes go through that node, so the loss nears two thirds. By hybrid clocks none is up to the bound, 500 ms,
// and beyond it the two are alike.

const RUNS = 40;
const WRITES = 100;
const GAP_MS = 20;

const rates: { skewMs: number; wall: [number, number]; hybrid: [number, number] }[] = [
  { skewMs: 0, wall: [0, 0], hybrid: [0, 0] },
  { skewMs: 10, wall: [0, 0], hybrid: [0, 0] },
  { skewMs: 50, wall: [0.25, 0.45], hybrid: [0, 0] },
  { skewMs: 500, wall: [0.6, 0.68], hybrid: [0, 0] },
  { skewMs: 2_000, wall: [0.62, 0.7], hybrid: [0.6, 0.7] },
];

describe.each(rates)("with one clock of three ahead by $skewMs ms", ({ skewMs, wall, hybrid }) => {
  it("K-14 lww loses what comes later, and so much", () => {
    expect(lossOf("lww", skewMs)).toSatisfy(isWithin(wall), `${lossOf("lww", skewMs)}`);
  });

  it("K-14 lww-hybrid loses nothing within its bound", () => {
    const loss = lossOf("lww-hybrid", skewMs);
    expect(loss).toSatisfy(isWithin(hybrid), `${loss}`);
  });

  it("dvvset does not care", () => {
    expect(lossOf("dvvset", skewMs)).toBe(0);
  });
});

/** Share of the writes that are not there at once. */
function lossOf(mode: VersioningMode, skewMs: number): number {
  const versioning = versioningFor(mode);
  let lost = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const random = new SeededRandom(run);
    let stored = versioning.empty;
    for (let write = 1; write <= WRITES; write += 1) {
      const node = random.integer(3);
      const wallMs = 1_000_000 + write * GAP_MS + (node === 0 ? skewMs : 0);
      const payload = Uint8Array.of(write);
      stored = versioning.update(stored, stored.clock, payload, { actor: testActor(node), wallMs });
      if (stored.payloads[0]?.[0] !== write) lost += 1;
    }
  }
  return lost / (RUNS * WRITES);
}

function isWithin([low, high]: readonly [number, number]): (rate: number) => boolean {
  return (rate) => rate >= low && rate <= high;
}
