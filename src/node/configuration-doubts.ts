import type { NodeConfiguration } from "./configuration.ts";

type Questioned = Pick<
  NodeConfiguration,
  | "writeBufferObjects"
  | "durableReplicas"
  | "durableGatherMs"
  | "hedgeMs"
  | "gossipMs"
  | "n"
  | "r"
  | "w"
> & { readonly members: readonly unknown[] };

/** What may be configured and is hardly wanted, a sentence each, for the log of a node that starts. */
export function configurationDoubts(configuration: Questioned): readonly string[] {
  return [gatherDoubt(configuration), membersDoubt(configuration)].filter(
    (doubt) => doubt !== undefined,
  );
}

function gatherDoubt({
  writeBufferObjects,
  durableReplicas,
  durableGatherMs,
  hedgeMs,
}: Questioned): string | undefined {
  const gathers = writeBufferObjects > 0 && durableReplicas > 0;
  if (!gathers || durableGatherMs < hedgeMs) return undefined;
  return `durableGatherMs ${durableGatherMs} is not below hedgeMs ${hedgeMs}: a replica that waits so long before it stores a write counts as silent, and others are asked in its place`;
}

/**
 * Quorums count against N whatever members there are (D-4.3-5), so that a cluster may begin small. Where members join and leave by gossip
 * those that are configured are only its founders, and say nothing.
 */
function membersDoubt({ members, gossipMs, n, r, w }: Questioned): string | undefined {
  const count = members.length;
  if (n <= count || gossipMs > 0) return undefined;
  const unmet = [
    { quorum: `r ${r}`, requests: "reads", isUnmet: r > count },
    { quorum: `w ${w}`, requests: "writes", isUnmet: w > count },
  ].filter(({ isUnmet }) => isUnmet);
  const quorums = unmet.map(({ quorum }) => quorum).join(" and ");
  const requests = unmet.map((each) => each.requests).join(" and ");
  const refused =
    unmet.length === 0 ? "" : `, and ${quorums} cannot be met, so that ${requests} are refused`;
  return `n ${n} is more than there are members, ${count}: no key has as many copies as it should${refused}`;
}
