import { incarnationOf } from "../base/actor.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Engine } from "../storage/engine.ts";

/**
 * Begins a new life of the node: draws an incarnation and stores it, with the wall time, as the node's newest in table
 * `incarnations`. Resolves when that is as durable as the engine makes it; only then may the node serve (K-6). Each
 * start gets a fresh one, since nothing tells a node that its data are all that it ever minted.
 */
export async function startIncarnation(
  env: Environment,
  engine: Engine,
  nodeId: NodeId,
): Promise<string> {
  const incarnation = incarnationOf(env.random.bytes(8));
  const value = JSON.stringify({ format: 1, incarnation, startedWallMs: env.clock.wallMs() });
  await engine.write([
    { table: "incarnations", key: Buffer.from(nodeId, "latin1"), value: Buffer.from(value) },
  ]);
  return incarnation;
}
