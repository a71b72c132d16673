import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { createNodeClock } from "../platform/node-clock.ts";
import { createNodeRandom } from "../platform/node-random.ts";
import { createTcpTransport } from "../platform/tcp-transport.ts";
import { createManualWorld } from "./testing/manual-world.ts";
import { describeRpcContract } from "./testing/rpc-contract.ts";

describeRpcContract("memory", async () => createManualWorld());

describeRpcContract("memory, in small pieces", async () => {
  const world = createManualWorld();
  world.network.chunk = (bytes) => piecesOf(bytes, bytes.length < 5_000 ? 1 : 997);
  return world;
});

/** Pieces of one size, the last one smaller. */
function piecesOf(bytes: Uint8Array, sizeBytes: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / sizeBytes) }, (_, index) =>
    bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes),
  );
}

describeRpcContract("TCP", async () => ({
  env: {
    ...quietEnvironment(createNodeClock()),
    random: createNodeRandom(),
    transport: createTcpTransport(),
  },
  drive: (promise) => promise,
  close: async () => {},
}));
