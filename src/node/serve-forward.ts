import type { Coordinator } from "../coordinator/coordinator.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { ForwardRequest, Reply } from "../protocol/messages.ts";
import type { Ring } from "../ring/ring.ts";
import { StorageError } from "../storage/engine.ts";
import type { Admission } from "./admission.ts";
import { leftMs } from "./caller-time.ts";
import { staleRing } from "./stale-ring.ts";

export interface ForwardParts {
  readonly coordinator: Pick<Coordinator, "put">;
  readonly admission: Admission;
  readonly ring: () => Ring;
  /** Only members coordinate. */
  readonly isMember: () => boolean;
  /** False until it is certain under which incarnation this node mints. */
  readonly ready: () => boolean;
  /** The cluster's own W, for forwarded writes that name none. */
  readonly w: number;
}

/**
 * Coordinates a write that a peer forwarded, in what is left of its time (D-3.3-1). Rejects with DynamoError; overloaded, stopping and stale-ring are certain: nothing was
 * done, and another node may do it.
 */
export async function serveForward(
  environment: Environment,
  parts: ForwardParts,
  { request, deadlineMs }: { readonly request: ForwardRequest; readonly deadlineMs: number },
): Promise<Reply> {
  if (!parts.ready() && !parts.admission.isClosed) {
    throw new DynamoError("overloaded", "Cannot take the request: the node starts");
  }
  if (!parts.isMember()) throw staleRing(environment, request.ring, parts.ring());
  const { key, context, payload } = request;
  const budgetMs = leftMs(environment, deadlineMs);
  const w = request.w === 0 ? parts.w : request.w;
  const quorum = request.strict ? "strict" : "sloppy";
  const order = { key, context, payload, w, quorum } as const;
  try {
    const minted = await parts.admission.admit("forwards", budgetMs, (timeoutMs) =>
      parts.coordinator.put({ ...order, timeoutMs }),
    );
    return { type: "forward-reply", record: minted.record };
  } catch (error) {
    // As such it comes only from before the mint: nothing was done, and another node may do it.
    if (!(error instanceof StorageError)) throw error;
    environment.assertions.reachable("a forwarded write met a row that cannot be read");
    environment.log.error({ err: error, request: request.type }, "Cannot serve a peer");
    throw new DynamoError(
      "overloaded",
      "Cannot take the write: the node cannot read its row, or write it",
      {
        cause: error,
      },
    );
  }
}
