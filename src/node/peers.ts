import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { CurrentMembers } from "../membership/current-members.ts";
import { FailureDetector } from "../membership/failure-detector.ts";
import { Gossip } from "../membership/gossip.ts";
import type { Membership } from "../membership/membership.ts";
import { ObservedCalls } from "../membership/observed-calls.ts";
import { RestampedCalls } from "../membership/restamped-calls.ts";
import type { HelloIdentity } from "../protocol/hello.ts";
import type { Life } from "../replica/life.ts";
import type { PeerCalls, RequestHandler } from "../rpc/contract.ts";
import { RpcClient } from "../rpc/rpc-client.ts";
import { RpcServer } from "../rpc/rpc-server.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { Introductions } from "./introductions.ts";
import { Routes } from "./routes.ts";

/** Misses in a row after which a peer counts as down; see FailureDetector. */
const MISSES_MAX = 3;
/** Long enough for a peer that was started in the same moment; a start with a peer that is away takes this much longer. */
const SETTLE_LIFE_MS = 2_000;

export interface PeersParts {
  readonly configuration: NodeConfiguration;
  readonly members: CurrentMembers;
  /** Undefined: the members never change. */
  readonly membership: Membership | undefined;
  readonly life: Life;
  /** A peer answers again. */
  readonly onUp: (peer: NodeId) => void;
}

/** What a node has to do with its peers as such: where they are, who of them is up, what calls to them go through, and whom it tells of itself. */
export class Peers {
  readonly routes: Routes;
  readonly detector: FailureDetector;
  /** Tells the detector how each call ended, and follows changes of the ring. */
  readonly calls: PeerCalls;
  /** Past all that: for calls of which the outcome says nothing of who serves. */
  readonly plainCalls: PeerCalls;
  /** Undefined: the members never change. */
  readonly gossip: Gossip | undefined;
  readonly #environment: Environment;
  readonly #identity: HelloIdentity;
  readonly #client: RpcClient;
  readonly #introductions: Introductions;
  readonly #members: CurrentMembers;
  #server: RpcServer | undefined;

  constructor(environment: Environment, parts: PeersParts) {
    const { configuration, members, membership, life } = parts;
    const { requestTimeoutMs: callTimeoutMs, retryDownMs } = configuration;
    this.#environment = environment;
    this.#members = members;
    this.#identity = identityOf(parts);
    this.routes = new Routes(
      (peer) => members.addressOf(peer),
      configuration.routes,
      () => this.redial(),
    );
    this.#client = new RpcClient(environment, {
      identity: this.#identity,
      addressOf: (peer) => this.routes.addressOf(peer),
      onHello: (hello) => this.#introductions.greeted(hello.nodeId),
      onBytes: (peer) => this.detector.heard(peer),
    });
    this.plainCalls = this.#client;
    this.#introductions = new Introductions(
      environment,
      // That a peer has not started yet says nothing about it.
      { life, calls: this.plainCalls, peers: () => members.peers() },
      { settleMs: SETTLE_LIFE_MS, callTimeoutMs, retryMs: retryDownMs },
    );
    this.detector = new FailureDetector(
      environment,
      {
        // As patient as a request: over a link slower than the retries nobody would ever come up again.
        ping: (peer) => {
          this.calls.call(peer, { type: "ping" }, callTimeoutMs, () => {});
        },
        onUp: parts.onUp,
      },
      {
        missesMax: MISSES_MAX,
        retryDownMs,
        silenceMs: Math.min(configuration.hedgeMs, callTimeoutMs),
      },
    );
    const observed = new ObservedCalls(this.#client, this.detector);
    const gossip = membership && this.#gossipOf(membership, configuration);
    this.gossip = gossip;
    this.calls =
      membership === undefined || gossip === undefined
        ? observed
        : new RestampedCalls(environment, {
            calls: observed,
            ring: () => members.ring(),
            meet: (peer) => gossip.meet(peer),
            n: configuration.n,
            isSilenced: () => membership.emptying.isSilenced,
          });
  }

  /** There are others to tell of this node's life, and to watch. */
  changed(): void {
    this.#introductions.peersChanged();
    this.detector.keepOnly(this.#members.peers());
  }

  /** Some peer is at another address. */
  redial(): void {
    this.#client.redial();
  }

  /** Serves peers, and resolves once it is settled under which incarnation the node mints. Rejects when the address is taken, or with StorageError. */
  async listen(address: string, handler: RequestHandler): Promise<void> {
    const server = new RpcServer(this.#environment, {
      identity: this.#identity,
      onHello: (hello) => this.#introductions.greeted(hello.nodeId),
      handler,
    });
    this.#server = server;
    await server.listen(address);
    try {
      await this.#introductions.settle();
    } catch (error) {
      await server.close();
      this.#client.close();
      throw error;
    }
  }

  /** Nobody is called or served any more once this has resolved. */
  async stop(): Promise<void> {
    this.detector.stop();
    this.#introductions.stop();
    await this.gossip?.stop();
    await this.#server?.close();
    this.#client.close();
  }

  #gossipOf(membership: Membership, configuration: NodeConfiguration): Gossip {
    return new Gossip(
      this.#environment,
      {
        history: membership.history,
        // That a seed is away says nothing of who serves.
        calls: this.plainCalls,
        peers: () => membership.gossipPeers(),
      },
      { everyMs: configuration.gossipMs, callTimeoutMs: configuration.requestTimeoutMs },
    );
  }
}

function identityOf({ configuration, members, life }: PeersParts): HelloIdentity {
  const { clusterId, clusterSecret, nodeId } = configuration;
  return {
    clusterId,
    clusterSecret,
    nodeId,
    get incarnation() {
      return life.incarnation;
    },
    ringStamp: () => members.ring().stamp,
  };
}
