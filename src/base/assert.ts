/** A programmer's error: an assumption of the code does not hold. Never caught to go on. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws AssertionError unless the condition holds. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new AssertionError(message);
  }
}

/** For the end of a switch over a union: a compile-time proof that no case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`Cannot handle ${JSON.stringify(value)}: no case is written for it`);
}
