import { FormatError } from "../base/binary.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { isDoneAlready } from "../protocol/operations.ts";
import { StorageError } from "../storage/engine.ts";
import type { CoordinatorParts } from "./parts.ts";

/**
 * What a client is told of a refusal: that it is definite only where this node does not know the write already. A put that is
 * sent again may be refused for want of nodes, or of room for a hint, although its first attempt was stored here (D-4.5-7, K-11).
 */
export async function honestRefusal(
  environment: Environment,
  parts: Pick<CoordinatorParts, "replica" | "versioning">,
  order: Refused,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof DynamoError && UNSEEN.has(error.code))) return error;
  const held = await inTime(environment, order.timeoutMs, isHeld(parts, order));
  if (held === false) return error;
  environment.assertions.sometimes("a write was refused that was made before", held === true);
  return new DynamoError(
    "write-quorum-not-met",
    `Cannot confirm the write, which may have been made before: ${error.message}`,
    { cause: error },
  );
}

interface Refused {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  /** What is left of its time. */
  readonly timeoutMs: number;
}

/** Refusals that say nothing of the versions which the node holds. */
const UNSEEN: ReadonlySet<string> = new Set(["too-few-nodes", "hints-full"]);

/** Undefined where the row cannot be read. */
async function isHeld(
  { replica, versioning }: Pick<CoordinatorParts, "replica" | "versioning">,
  { key, payload }: Refused,
): Promise<boolean | undefined> {
  try {
    const record = await replica.read(key);
    return record !== undefined && isDoneAlready(payload, versioning.decode(record).payloads);
  } catch (error) {
    if (error instanceof StorageError || error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Undefined where it takes longer. */
function inTime<T>(
  { clock }: Environment,
  timeoutMs: number,
  result: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () => resolve(undefined));
    result.then(resolve, reject).finally(() => timer.cancel());
  });
}
