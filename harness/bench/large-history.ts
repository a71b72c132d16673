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

interface ModelCart {
  readonly items: Set<string>;
  /** Name of its one version; none before the first write. */
  version: readonly string[];
}

/** What a correct store leaves: one operation after the other, all acknowledged, 60 % adds, 15 % removes, 25 % views, with the names of versions. */
export function largeHistory(
  random: SeededRandom,
  { operations, carts }: LargeHistoryOptions,
): HistoryLine[] {
  const lines: HistoryLine[] = [];
  const model = Array.from({ length: carts }, (): ModelCart => ({ items: new Set(), version: [] }));
  const place = () => ({ index: lines.length, timeNs: lines.length * 1_000 });
  for (let number = 0; number < operations; number++) {
    const at = random.integer(carts);
    const cart = model[at];
    if (cart === undefined) continue;
    lines.push(...operationOn(cart, `cart-${at}`, number, lines.length, random));
  }
  lines.push({ ...place(), type: "marker", name: "healed" });
  lines.push({ ...place(), type: "marker", name: "quiesced" });
  for (const [cart, { items, version: saw }] of model.entries()) {
    const read = { key: `cart-${cart}`, versions: saw.length };
    lines.push({ ...place(), type: "final-read", node: "n1", value: [...items], ...read, saw });
    for (const [position, node] of LARGE_HISTORY_HEADER.nodes.entries()) {
      const digest = position < LARGE_HISTORY_REPLICAS ? `digest-${cart}` : null;
      lines.push({ ...place(), type: "replica-read", node, value: null, digest, ...read });
    }
  }
  return lines;
}

function operationOn(
  cart: ModelCart,
  key: string,
  number: number,
  index: number,
  random: SeededRandom,
): readonly [Operation, Operation] {
  const process = number % PROCESSES;
  const node = LARGE_HISTORY_HEADER.nodes[process % LARGE_HISTORY_HEADER.nodes.length] ?? "";
  const draw = random.integer(100);
  const { items, version: saw } = cart;
  const seen = draw < 60 ? [] : [...items];
  const f = draw < 60 ? "add" : draw < 75 && seen.length > 0 ? "remove" : "view";
  const timeNs = index * 1_000;
  const common = { process, node, f, key, intendedNs: timeNs };
  const invocation = { ...common, index, type: "invoke", value: null, timeNs } as const;
  const read = { saw, versions: saw.length };
  const ending = { index: index + 1, type: "ok", timeNs: timeNs + 1_000 } as const;
  const completion = { ...common, ...ending, ...read };
  const wrote = `${process}-${number}`;
  if (f !== "view") cart.version = [wrote];
  switch (f) {
    case "add": {
      const value = `i${number}`;
      items.add(value);
      return [
        { ...invocation, value },
        { ...completion, value, wrote },
      ];
    }
    case "remove": {
      const value = random.pick(seen);
      items.delete(value);
      return [invocation, { ...completion, value, readSet: seen, wrote }];
    }
    case "view":
      return [invocation, { ...completion, value: seen }];
  }
}
