import type { Arbitrary } from "fast-check";
import fc from "fast-check";
import type { SeededRandom } from "../../base/seeded-random.ts";
import type { CausalWorld } from "./causal-world.ts";

/** Something that happens in a causal world. */
export type Step =
  | { readonly kind: "get"; readonly client: number; readonly nodes: readonly number[] }
  | {
      readonly kind: "put";
      readonly client: number;
      readonly coordinator: number;
      readonly receivers: readonly number[];
    }
  | { readonly kind: "send" | "hand-off"; readonly from: number; readonly to: number };

/** Schedules of clients that read anything and write with any context, and of messages of which any get lost. */
export function schedules(world: {
  readonly nodeCount: number;
  readonly clientCount: number;
}): Arbitrary<readonly Step[]> {
  const node = fc.nat({ max: world.nodeCount - 1 });
  const client = fc.nat({ max: world.clientCount - 1 });
  const nodes = fc.uniqueArray(node, { minLength: 1, maxLength: world.nodeCount });
  const receivers = fc.uniqueArray(node, { maxLength: world.nodeCount });
  const step: Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("get" as const), client, nodes }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("put" as const),
        client,
        coordinator: node,
        receivers,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("send", "hand-off"), from: node, to: node }),
    },
  );
  return fc.array(step, { maxLength: 40 });
}

export function play(world: CausalWorld, steps: readonly Step[]): void {
  for (const step of steps) {
    playStep(world, step);
  }
}

export function playStep(world: CausalWorld, step: Step): void {
  switch (step.kind) {
    case "get":
      world.get(step.client, step.nodes);
      break;
    case "put":
      world.put(step.client, step.coordinator, step.receivers);
      break;
    case "send":
      world.send(step.from, step.to);
      break;
    case "hand-off":
      world.handOff(step.from, step.to);
      break;
  }
}

/**
 * Clients that read and write in turn on a healthy cluster, each step by a random one: the model of the loss matrix. Reads
 * see all three nodes and every write reaches all three.
 */
export function playReadModifyWrite(
  world: CausalWorld,
  options: {
    readonly steps: number;
    readonly clientCount: number;
    readonly coordinators: readonly number[];
    readonly random: SeededRandom;
  },
): void {
  const all = [0, 1, 2];
  const reads = new Array<boolean>(options.clientCount).fill(true);
  for (let step = 0; step < options.steps; step += 1) {
    const client = options.random.integer(options.clientCount);
    if (reads[client]) {
      world.get(client, all);
    } else {
      world.put(client, options.random.pick(options.coordinators), all);
    }
    reads[client] = !reads[client];
  }
}
