import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HistoryHeader, HistoryLine, Operation } from "../history/operation.ts";

export interface LargeHistoryOptions {
  readonly operations: number;
  readonly carts: number;
}

export const LARGE_HISTORY_HEADER: HistoryHeader = {
  format: "ringside-history",
  version: 1,
  workload: "shopping-cart",
  seed: 1,
  nodes: ["n1", "n2", "n3", "n4", "n5"],
};

const PROCESSES = 100;
/** Replicas of each cart: the first nodes. */
export const LARGE_HISTORY_REPLICAS = 3;

/** What a correct store leaves: one operation after the other, all acknowledged, 60 % adds, 15 % removes, 25 % views. */
export function largeHistory(
  random: SeededRandom,
  { operations, carts }: LargeHistoryOptions,
): HistoryLine[] {
  const lines: HistoryLine[] = [];
  const model = Array.from({ length: carts }, () => new Set<string>());
  const place = () => ({ index: lines.length, timeNs: lines.length * 1_000 });
  for (let number = 0; number < operations; number++) {
    const cart = random.integer(carts);
    lines.push(
      ...operationOn(model[cart] ?? new Set(), `cart-${cart}`, number, lines.length, random),
    );
  }
  lines.push({ ...place(), type: "marker", name: "healed" });
  lines.push({ ...place(), type: "marker", name: "quiesced" });
  for (const [cart, held] of model.entries()) {
    const read = { key: `cart-${cart}`, versions: 1 };
    lines.push({ ...place(), type: "final-read", node: "n1", value: [...held], ...read });
    for (const [position, node] of LARGE_HISTORY_HEADER.nodes.entries()) {
      const digest = position < LARGE_HISTORY_REPLICAS ? `digest-${cart}` : null;
      lines.push({ ...place(), type: "replica-read", node, value: null, digest, ...read });
    }
  }
  return lines;
}

function operationOn(
  cart: Set<string>,
  key: string,
  number: number,
  index: number,
  random: SeededRandom,
): readonly [Operation, Operation] {
  const process = number % PROCESSES;
  const node = LARGE_HISTORY_HEADER.nodes[process % LARGE_HISTORY_HEADER.nodes.length] ?? "";
  const draw = random.integer(100);
  const seen = draw < 60 ? [] : [...cart];
  const f = draw < 60 ? "add" : draw < 75 && seen.length > 0 ? "remove" : "view";
  const timeNs = index * 1_000;
  const common = { process, node, f, key, intendedNs: timeNs };
  const invocation = { ...common, index, type: "invoke", value: null, timeNs } as const;
  const completion = { ...common, index: index + 1, type: "ok", timeNs: timeNs + 1_000 } as const;
  switch (f) {
    case "add": {
      const value = `i${number}`;
      cart.add(value);
      return [
        { ...invocation, value },
        { ...completion, value },
      ];
    }
    case "remove": {
      const value = random.pick(seen);
      cart.delete(value);
      return [invocation, { ...completion, value, readSet: seen }];
    }
    case "view":
      return [invocation, { ...completion, value: seen, versions: 1 }];
  }
}
