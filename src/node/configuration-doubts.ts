import type { NodeConfiguration } from "./configuration.ts";

type Questioned = Pick<
  NodeConfiguration,
  "writeBufferObjects" | "durableReplicas" | "durableGatherMs" | "hedgeMs"
>;

/** What may be configured and is hardly wanted, a sentence each, for the log of a node that starts. */
export function configurationDoubts({
  writeBufferObjects,
  durableReplicas,
  durableGatherMs,
  hedgeMs,
}: Questioned): readonly string[] {
  const gathers = writeBufferObjects > 0 && durableReplicas > 0;
  return gathers && durableGatherMs >= hedgeMs
    ? [
        `durableGatherMs ${durableGatherMs} is not below hedgeMs ${hedgeMs}: a replica that waits so long before it stores a write counts as silent, and others are asked in its place`,
      ]
    : [];
}
