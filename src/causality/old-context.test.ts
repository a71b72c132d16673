import { describe, expect, test } from "vitest";
import { CausalWorld } from "./testing/causal-world.ts";
import type { VersioningMode } from "./versioning.ts";
import { versioningFor } from "./versioning-for.ts";

// A client read once, is away for a thousand writes of another client, each over what that one had read, and then writes with the
// context it still has (K-25). Its write and the last one have not seen each other: both belong there, and nothing else.

const ALL = [0, 1, 2];
const AWAY = 0;
const BUSY = 1;

function afterDays(mode: VersioningMode, coordinators: readonly number[]) {
  const world = new CausalWorld({ versioning: versioningFor(mode), nodeCount: 3, clientCount: 2 });
  world.put(BUSY, 0, ALL);
  world.get(AWAY, ALL);
  for (let write = 0; write < 1_000; write += 1) {
    world.get(BUSY, ALL);
    world.put(BUSY, coordinators[write % coordinators.length] ?? 0, ALL);
  }
  world.put(AWAY, 0, ALL);
  const { lost, falseSiblings, versions } = world.outcome();
  return { lost, falseSiblings, versions };
}

describe("K-25 a context kept for days", () => {
  test.each(["dvvset", "merged"] as const)("makes one version more in %s", (mode) => {
    for (const coordinators of [[0], ALL]) {
      expect(afterDays(mode, coordinators)).toEqual({ lost: 0, falseSiblings: 0, versions: 2 });
    }
  });

  test("makes the late write vanish where counters go on from what was read: a stored clock covers it", () => {
    for (const coordinators of [[0], ALL]) {
      const outcome = afterDays("vector-clock", coordinators);
      expect(outcome).toEqual({ lost: 1, falseSiblings: 0, versions: 1 });
    }
  });

  test("takes a thousand writes away where counters go on from what is stored, through one coordinator", () => {
    expect(afterDays("vector-clock-max", [0])).toEqual({ lost: 1, falseSiblings: 0, versions: 1 });
    expect(afterDays("vector-clock-max", ALL)).toEqual({ lost: 0, falseSiblings: 0, versions: 2 });
  });
});
