import { describe, expect, test } from "vitest";
import { SeededRandom } from "../base/seeded-random.ts";
import { dvvset } from "./dvvset.ts";
import { testActor } from "./testing/causal-world.ts";
import type { Clock, Siblings } from "./versioning.ts";

// What it costs to refuse a write that is not newer than all that is stored, as Voldemort does, in place of keeping both (K-4). Clients
// that read and write in turn on one healthy row, each step by a random one; a refused client reads again. Nothing fails here.

const STEPS = 4_000;
const NO_CLOCK: Clock = new Map();

interface Rates {
  readonly refused: number;
  readonly versionsMost: number;
}

function contest(
  clientCount: number,
  isRefused: (stored: Siblings, context: Clock) => boolean,
): Rates {
  const random = new SeededRandom(clientCount);
  const contexts = new Array<Clock>(clientCount).fill(NO_CLOCK);
  const reads = new Array<boolean>(clientCount).fill(true);
  const mint = { actor: testActor(0), wallMs: 0 };
  let stored = dvvset.empty;
  let writes = 0;
  let refused = 0;
  let versionsMost = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const client = random.integer(clientCount);
    const context = contexts[client] ?? NO_CLOCK;
    if (reads[client] === true) {
      contexts[client] = stored.clock;
    } else {
      writes += 1;
      if (isRefused(stored, context)) refused += 1;
      else stored = dvvset.update(stored, context, new Uint8Array([client]), mint);
      versionsMost = Math.max(versionsMost, stored.payloads.length);
    }
    reads[client] = !(reads[client] ?? true);
  }
  return { refused: refused / writes, versionsMost };
}

/** The rule in question: the write's client had not seen all that is stored. */
function isNotNewer(stored: Siblings, context: Clock): boolean {
  return [...stored.clock].some(([actor, counter]) => (context.get(actor) ?? 0) < counter);
}

describe("K-4 refusing what is not newer", () => {
  test.each([
    [1, 0, 0],
    [2, 0.3, 0.37],
    [4, 0.46, 0.53],
    [16, 0.7, 0.78],
  ])("turns away a share of the writes of %i clients of a healthy row", (clients, low, high) => {
    const { refused } = contest(clients, isNotNewer);
    expect(refused).toBeGreaterThanOrEqual(low);
    expect(refused).toBeLessThanOrEqual(high);
  });

  test("and keeping both turns none away, for as many versions as there are writers", () => {
    for (const clients of [1, 2, 4, 16]) {
      const { refused, versionsMost } = contest(clients, () => false);
      expect(refused).toBe(0);
      expect(versionsMost).toBeLessThanOrEqual(clients);
    }
  });
});
