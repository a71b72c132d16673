/** Ends with every node, so that nothing is under way when the first failure is reported. */
export async function forEachNode(
  nodes: readonly string[],
  action: string,
  task: (node: string) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(nodes.map(task));
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    throw new Error(
      `Cannot ${action} of ${nodes[index]}: ${reason instanceof Error ? reason.message : reason}`,
      { cause: reason },
    );
  }
}
