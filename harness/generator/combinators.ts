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
  const generator: OperationGenerator = {
    ask(context) {
      const position = drawWeighted(parts, total, context.random);
      const part = parts[position];
      if (part === undefined) {
        return DONE;
      }
      const asked = part.generator.ask(context);
      if (asked.kind === "done") {
        return mix(parts.filter((_, other) => other !== position)).ask(context);
      }
      if (asked.next === part.generator) {
        return { ...asked, next: generator };
      }
      return { ...asked, next: mix(parts.with(position, { ...part, generator: asked.next })) };
    },
  };
  return generator;
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
  return {
    ask(context) {
      const asked = count > 0 ? inner.ask(context) : DONE;
      switch (asked.kind) {
        case "operation":
          return { ...asked, next: limit(count - 1, asked.next) };
        case "pending":
          return { ...asked, next: limit(count, asked.next) };
        case "done":
          return DONE;
      }
    },
  };
}

/** Operations whose intended start lies before `endNs`; overdue ones are still given after it. */
export function timeLimit(endNs: number, inner: OperationGenerator): OperationGenerator {
  const over = (asked: Asked, context: GeneratorContext): boolean => {
    switch (asked.kind) {
      case "operation":
        return (asked.request.intendedNs ?? context.timeNs) >= endNs;
      case "pending":
        return (asked.untilNs ?? context.timeNs) >= endNs;
      case "done":
        return true;
    }
  };
  return {
    ask(context) {
      const asked = inner.ask(context);
      if (asked.kind === "done" || over(asked, context)) {
        return DONE;
      }
      return { ...asked, next: timeLimit(endNs, asked.next) };
    },
  };
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
