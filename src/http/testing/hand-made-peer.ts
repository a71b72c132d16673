import { nodeId } from "../../base/ids.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import type { HelloIdentity } from "../../protocol/hello.ts";
import type { PutRequest, Reply } from "../../protocol/messages.ts";
import { RpcClient } from "../../rpc/rpc-client.ts";
import type { ClusterWorld } from "./cluster-world.ts";

/** A member of a world that sends records which a test makes by hand, in the frames of any node. */
export class HandMadePeer {
  readonly #world: ClusterWorld;
  readonly #client: RpcClient;

  constructor(world: ClusterWorld, name: string) {
    this.#world = world;
    const env = { ...quietEnvironment(world.clock), transport: world.network };
    const identity: HelloIdentity = {
      clusterId: "world",
      clusterSecret: "a secret of this test",
      nodeId: nodeId(name),
      incarnation: "BBBBBBBBBBB",
      ringStamp: () => world.ringStamp(),
    };
    this.#client = new RpcClient(env, { identity, addressOf: (peer) => world.link(name, peer) });
  }

  /** Resolves to what the node answers. */
  put(node: string, row: Pick<PutRequest, "key" | "record">): Promise<Reply> {
    const request = {
      type: "put",
      ring: this.#world.ringStamp(),
      hintFor: undefined,
      ...row,
    } as const;
    const asked = new Promise<Reply>((resolve, reject) => {
      this.#client.call(nodeId(node), request, 1_000, (outcome) => {
        if (outcome.kind === "reply") resolve(outcome.reply);
        else reject(new Error(`Cannot ask ${node}: ${outcome.kind}`));
      });
    });
    return this.#world.drive(asked);
  }
}
