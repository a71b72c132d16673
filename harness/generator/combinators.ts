import type { Random } from "../../src/env/random.ts";
import type { OperationRequest } from "../client/contract.ts";
import type { Asked, GeneratorContext, OperationGenerator } from "./generator.ts";
import { DONE } from "./generator.ts";

/** Endless operations, each made by `make`, which must draw from nothing but its argument. */
export function repeated(make: (random: Random) => OperationRequest): OperationGenerator {
  const generator: OperationGenerator = {
    ask: ({ random }) => ({ kind: "operation", request: make(random), next: generator }),
  };
  return generator;
}

export interface Weighted {
  readonly weight: number;
  readonly generator: OperationGenerator;
}

/** Each operation from one of the parts, chosen by weight; a part that is done leaves the mix. */
export function mix(parts: readonly Weighted[]): OperationGenerator {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (parts.some(({ weight }) => !(weight > 0))) {
    throw new RangeError(
      `Cannot mix by weights ${parts.map((part) => part.weight).join(", ")}: each must be above 0`,
    );
  }
  return new Mix(parts, total);
}

class Mix implements OperationGenerator {
  readonly #parts: readonly Weighted[];
  readonly #total: number;

  /** `total` is the sum of the weights, which does not change while the parts go on. */
  constructor(parts: readonly Weighted[], total: number) {
    this.#parts = parts;
    this.#total = total;
  }

  ask(context: GeneratorContext): Asked {
    const parts = this.#parts;
    const position = drawWeighted(parts, this.#total, context.random);
    const part = parts[position];
    if (part === undefined) {
      return DONE;
    }
    const { weight, generator } = part;
    const asked = generator.ask(context);
    if (asked.kind === "done") {
      return mix(parts.filter((_, other) => other !== position)).ask(context);
    }
    if (asked.next === generator) {
      return followedBy(asked, this);
    }
    const next = new Mix(parts.with(position, { weight, generator: asked.next }), this.#total);
    return followedBy(asked, next);
  }
}

function drawWeighted(parts: readonly Weighted[], total: number, random: Random): number {
  let left = random.float() * total;
  for (let position = 0; position < parts.length; position++) {
    left -= parts[position]?.weight ?? 0;
    if (left < 0) {
      return position;
    }
  }
  return parts.length - 1;
}

/** At most `count` operations. */
export function limit(count: number, inner: OperationGenerator): OperationGenerator {
  return new Limit(count, inner);
}

class Limit implements OperationGenerator {
  readonly #count: number;
  readonly #inner: OperationGenerator;

  constructor(count: number, inner: OperationGenerator) {
    this.#count = count;
    this.#inner = inner;
  }

  ask(context: GeneratorContext): Asked {
    const asked = this.#count > 0 ? this.#inner.ask(context) : DONE;
    switch (asked.kind) {
      case "operation":
        return followedBy(asked, new Limit(this.#count - 1, asked.next));
      case "pending":
        return followedBy(asked, this.#after(asked.next));
      case "done":
        return DONE;
    }
  }

  #after(next: OperationGenerator): Limit {
    return next === this.#inner ? this : new Limit(this.#count, next);
  }
}

/** Operations whose intended start lies before `endNs`; overdue ones are still given after it. */
export function timeLimit(endNs: number, inner: OperationGenerator): OperationGenerator {
  return new TimeLimit(endNs, inner);
}

class TimeLimit implements OperationGenerator {
  readonly #endNs: number;
  readonly #inner: OperationGenerator;

  constructor(endNs: number, inner: OperationGenerator) {
    this.#endNs = endNs;
    this.#inner = inner;
  }

  ask(context: GeneratorContext): Asked {
    const asked = this.#inner.ask(context);
    if (asked.kind === "done") return DONE;
    const fromNs = asked.kind === "operation" ? asked.request.intendedNs : asked.untilNs;
    if ((fromNs ?? context.timeNs) >= this.#endNs) return DONE;
    return followedBy(asked, this.#after(asked.next));
  }

  #after(next: OperationGenerator): TimeLimit {
    return next === this.#inner ? this : new TimeLimit(this.#endNs, next);
  }
}

/** The same answer with another generator after it. */
function followedBy(asked: Exclude<Asked, { kind: "done" }>, next: OperationGenerator): Asked {
  return asked.kind === "operation"
    ? { kind: "operation", request: asked.request, next }
    : { kind: "pending", untilNs: asked.untilNs, next };
}

/** One generator after the other. */
export function phases(...generators: readonly OperationGenerator[]): OperationGenerator {
  return {
    ask(context) {
      const [first, ...rest] = generators;
      if (first === undefined) {
        return DONE;
      }
      const asked = first.ask(context);
      return asked.kind === "done"
        ? phases(...rest).ask(context)
        : { ...asked, next: phases(asked.next, ...rest) };
    },
  };
}
