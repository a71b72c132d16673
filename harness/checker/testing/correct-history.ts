/*
 * Random histories that a correct store could have left: carts are plain sets, and every operation takes effect at one
 * moment between its invocation and its completion; operations in doubt take effect then, later or never.
 */

import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { Operation } from "../../history/operation.ts";
import { HistoryBuilder, NODES } from "./history-builder.ts";

export interface CorrectHistoryOptions {
  readonly operations: number;
  readonly carts: number;
  readonly processes: number;
}

interface UnderWay {
  readonly invocation: Operation;
  /** What the cart held when the operation began; a read may return this or what it holds at the end. */
  readonly before: readonly string[];
}

export function correctHistory(
  random: SeededRandom,
  options: CorrectHistoryOptions,
): HistoryBuilder {
  const builder = new HistoryBuilder();
  const model = new Model(random, builder);
  const seats = Array.from({ length: options.processes }, (_, process) => ({
    process,
    underWay: undefined as UnderWay | undefined,
  }));
  for (let begun = 0; begun < options.operations; ) {
    const seat = random.pick(seats);
    if (seat.underWay === undefined) {
      seat.underWay = model.begin(seat.process, `cart-${random.integer(options.carts)}`);
      begun++;
    } else {
      const { type } = model.end(seat.underWay);
      seat.underWay = undefined;
      seat.process += type === "info" ? options.processes : 0;
    }
  }
  for (const { underWay } of seats) {
    if (underWay !== undefined) {
      model.end(underWay);
    }
  }
  model.finish(options.carts);
  return builder;
}

class Model {
  readonly #random: SeededRandom;
  readonly #builder: HistoryBuilder;
  readonly #carts = new Map<string, Set<string>>();
  readonly #late: (() => void)[] = [];
  #items = 0;

  constructor(random: SeededRandom, builder: HistoryBuilder) {
    this.#random = random;
    this.#builder = builder;
  }

  begin(process: number, key: string): UnderWay {
    const f = this.#random.pick(["add", "add", "remove", "view"]);
    const value = f === "add" ? `i${this.#items++}` : null;
    return {
      invocation: this.#builder.invoke(process, f, key, value),
      before: [...this.#cart(key)],
    };
  }

  end({ invocation, before }: UnderWay): Operation {
    const { key, f, value } = invocation;
    const cart = this.#cart(key);
    const seen = this.#random.integer(2) === 0 ? before : [...cart];
    const type = this.#random.pick(["ok", "ok", "ok", "fail", "info"] as const);
    if (f === "view") {
      return this.#builder.complete(
        invocation,
        type,
        type === "ok" ? { value: seen, versions: 1 } : {},
      );
    }
    if (f === "add") {
      this.#apply(type, () => cart.add(String(value)));
      return this.#builder.complete(invocation, type);
    }
    if (seen.length === 0) {
      return this.#builder.complete(invocation, "fail", {
        error: "nothing-to-remove",
        readSet: [],
      });
    }
    const item = this.#random.pick(seen);
    this.#apply(type, () => cart.delete(item));
    return this.#builder.complete(invocation, type, { value: item, readSet: seen });
  }

  finish(carts: number): void {
    for (const change of this.#late) {
      change();
    }
    this.#builder.marker("healed").marker("quiesced");
    for (let number = 0; number < carts; number++) {
      const key = `cart-${number}`;
      const items = [...this.#cart(key)].sort();
      const digest = items.join();
      this.#builder.finalRead(key, items);
      const first = this.#random.integer(3);
      const held = NODES.map((_, node) => (node >= first && node < first + 3 ? digest : null));
      this.#builder.replicas(key, ...held);
    }
  }

  /** In doubt: now, at the end, or never. */
  #apply(type: "ok" | "fail" | "info", change: () => void): void {
    const when = type === "info" ? this.#random.pick(["now", "late", "never"]) : "now";
    if (type !== "fail" && when === "now") {
      change();
    } else if (when === "late") {
      this.#late.push(change);
    }
  }

  #cart(key: string): Set<string> {
    let cart = this.#carts.get(key);
    if (cart === undefined) {
      cart = new Set();
      this.#carts.set(key, cart);
    }
    return cart;
  }
}
