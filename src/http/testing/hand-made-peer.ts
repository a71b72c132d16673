import { nodeId } from "../../base/ids.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import type { HelloIdentity } from "../../protocol/hello.ts";
import type { PutRequest, Reply, Request } from "../../protocol/messages.ts";
import type { RequestHandler } from "../../rpc/contract.ts";
import { RpcClient } from "../../rpc/rpc-client.ts";
import { RpcServer } from "../../rpc/rpc-server.ts";
import type { ClusterWorld } from "./cluster-world.ts";

/** A member of a world that sends and answers what a test makes by hand, in the frames of any node. */
export class HandMadePeer {
  readonly #world: ClusterWorld;
  readonly #client: RpcClient;
  readonly #server: RpcServer;
  readonly #name: string;

  /** `answer`: to whatever a node asks but pings and hellos; undefined: silence. */
  constructor(
    world: ClusterWorld,
    name: string,
    answer: (request: Request) => Reply | undefined = () => undefined,
  ) {
    this.#world = world;
    this.#name = name;
    const env = { ...quietEnvironment(world.clock), transport: world.network };
    const identity: HelloIdentity = {
      clusterId: "world",
      clusterSecret: "a secret of this test",
      nodeId: nodeId(name),
      incarnation: "BBBBBBBBBBB",
      ringStamp: () => world.ringStamp(),
    };
    const handler: RequestHandler = (_from, request, respond) => {
      const reply = request.type === "ping" ? PING_REPLY : answer(request);
      if (reply !== undefined) respond(reply);
    };
    this.#client = new RpcClient(env, {
      identity,
      addressOf: (peer) => world.link(name, peer),
    });
    this.#server = new RpcServer(env, { identity, handler });
  }

  /** Where the nodes of the world dial this member. */
  async listen(): Promise<void> {
    await this.#server.listen(`${this.#name}.node:1`);
  }

  /** What the node answers. */
  async ask(node: string, request: Request): Promise<Reply> {
    const asked = new Promise<Reply>((resolve, reject) => {
      this.#client.call(nodeId(node), request, 1_000, (outcome) => {
        if (outcome.kind === "reply") resolve(outcome.reply);
        else reject(new Error(`Cannot ask ${node}: ${outcome.kind}`));
      });
    });
    return this.#world.drive(asked);
  }

  put(
    node: string,
    row: Pick<PutRequest, "key" | "record"> & Partial<Pick<PutRequest, "hintFor">>,
  ): Promise<Reply> {
    return this.ask(node, {
      type: "put",
      ring: this.#world.ringStamp(),
      hintFor: undefined,
      ...row,
    });
  }
}

const PING_REPLY: Reply = { type: "ping-reply" };
