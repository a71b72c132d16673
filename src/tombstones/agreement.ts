import type { NodeId } from "../base/ids.ts";
import type { Holding } from "../protocol/messages.ts";

/** Every node's answer; undefined: it gave none. */
export type Answers = ReadonlyMap<NodeId, Holding | undefined>;

export interface Verdict {
  /** True: every primary holds just this record, and nobody else holds anything. */
  readonly agreed: boolean;
  /** Primaries that hold nothing, or something else that this record may be missing in. */
  readonly behind: readonly NodeId[];
}

/**
 * Whether tombstones may go (K-12): once no copy of anything older is left on any node of the ring, fallbacks included, and
 * all N primaries hold the same. A node that does not answer may hold anything.
 */
export function judge(nodes: readonly NodeId[], n: number, answers: Answers): Verdict {
  const primaries = nodes.slice(0, n);
  const behind = primaries.filter((node) => {
    const holding = answers.get(node);
    return holding === "none" || holding === "other";
  });
  const agreed =
    primaries.every((node) => answers.get(node) === "same") &&
    nodes.slice(n).every((node) => answers.get(node) === "none");
  return { agreed, behind };
}
