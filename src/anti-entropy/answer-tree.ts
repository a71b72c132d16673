import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Reply, TreeRequest } from "../protocol/messages.ts";
import type { OwnCopies } from "./exchange.ts";
import type { SharedTrees } from "./shared-trees.ts";

export interface AnswerTreeParts {
  readonly shared: Pick<SharedTrees, "answer">;
  readonly copies: Pick<OwnCopies, "lossWatch">;
}

/**
 * What a peer is told of this node's trees. Who asks for one partition has lost it, and drops what this node shows of it: so the answer waits until all that is
 * durable here, and says nothing where a write was lost meanwhile. Rejects with DynamoError bad-request for a partition that the ring does not have, with StorageError
 * where a write buffer cannot be synced.
 */
export async function answerTree(
  { assertions }: Pick<Environment, "assertions">,
  { shared, copies }: AnswerTreeParts,
  { from, request }: { readonly from: NodeId; readonly request: TreeRequest },
): Promise<Reply> {
  const { paths, partition } = request;
  if (partition === undefined) return { type: "tree-reply", nodes: shared.answer(from, paths) };
  const nothingLost = copies.lossWatch({ durable: true });
  const nodes = shared.answer(from, paths, partition);
  const isKept = await nothingLost();
  assertions.sometimes("an owner lost a write while it told of its tree of a lost range", !isKept);
  return { type: "tree-reply", nodes: isKept ? nodes : undefined };
}
