import { macKeyOf } from "../causality/context-token.ts";
import type { Versioning } from "../causality/versioning.ts";
import { Coordinator } from "../coordinator/coordinator.ts";
import { coordinatorInstruments } from "../coordinator/instruments.ts";
import { LiveRequests } from "../coordinator/live-requests.ts";
import type { CoordinatorParts } from "../coordinator/parts.ts";
import { WriteRouter } from "../coordinator/write-router.ts";
import type { Assertions } from "../env/assertions.ts";
import type { Environment } from "../env/environment.ts";
import type { CurrentMembers } from "../membership/current-members.ts";
import type { Membership } from "../membership/membership.ts";
import { DynamoError } from "../protocol/errors.ts";
import { PartitionRows } from "../replica/partition-rows.ts";
import { PeerLives } from "../replica/peer-lives.ts";
import type { Replica } from "../replica/replica.ts";
import type { Ring } from "../ring/ring.ts";
import type { RequestHandler } from "../rpc/contract.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { Admission } from "./admission.ts";
import { BackgroundWork } from "./background-work.ts";
import { ClientAnswers } from "./client-answers.ts";
import type { NodeConfiguration } from "./configuration.ts";
import type {
  GetOrder,
  KeyValueStore,
  NodeOperator,
  PutOrder,
  SiblingsAnswer,
  WriteAnswer,
} from "./contract.ts";
import { MembershipOperator } from "./membership-operator.ts";
import type { NodeParts, OpenedParts } from "./open-node.ts";
import { openNode } from "./open-node.ts";
import { Operator } from "./operator.ts";
import { peerService } from "./peer-service.ts";
import { Peers } from "./peers.ts";
import { RowAccess } from "./row-access.ts";
import { createStages } from "./stages.ts";

const REPAIR_WAIT_MS = 100;

/** One Dynamo node, put together (D-5-1). What speaks HTTP in front of it is in `http`. */
export class DynamoNode implements KeyValueStore {
  readonly operator: NodeOperator;
  readonly #assertions: Assertions;
  readonly #log: Environment["log"];
  readonly #configuration: NodeConfiguration;
  readonly #members: CurrentMembers;
  readonly #membership: Membership | undefined;
  readonly #engine: Engine;
  readonly #versioning: Versioning;
  readonly #answers: ClientAnswers;
  readonly #coordinator: Coordinator;
  readonly #router: WriteRouter;
  readonly #admission: Admission;
  readonly #liveRequests: LiveRequests;
  readonly #peers: Peers;
  /** Of the peers' requests. */
  readonly #handler: RequestHandler;
  readonly #background: BackgroundWork;
  readonly #replica: Replica;
  #ready = false;

  /**
   * Stores that a life begins, serves peers, and resolves once it is settled under which incarnation the node mints. Rejects when
   * the RPC address is taken or the engine does not store.
   */
  static async start(environment: Environment, parts: NodeParts): Promise<DynamoNode> {
    const opened = await openNode(environment, parts);
    const node = new DynamoNode(environment, { ...parts, ...opened });
    await node.#listen();
    return node;
  }

  private constructor(environment: Environment, parts: NodeParts & OpenedParts) {
    const { configuration, engine, members, membership, versioning, life, replica } = parts;
    const { nodeId } = configuration;
    const ringNow = (): Ring => members.ring();
    this.#assertions = environment.assertions;
    this.#log = environment.log;
    this.#configuration = configuration;
    this.#members = members;
    this.#membership = membership;
    this.#engine = engine;
    this.#replica = replica;
    this.#versioning = versioning;
    const macKey = macKeyOf(configuration.clusterSecret, configuration.clusterId);
    const stages = createStages(environment, configuration);
    this.#admission = new Admission(environment, stages);
    this.#liveRequests = new LiveRequests(environment);
    this.#peers = new Peers(environment, {
      configuration,
      members,
      membership,
      life,
      onUp: (peer) => this.#background.deliverTo(peer),
    });
    const { calls, detector, gossip, routes } = this.#peers;
    this.#background = new BackgroundWork(environment, {
      configuration,
      replica,
      calls,
      detector,
      ring: ringNow,
      ground: () => members.collectionGround(),
      membership,
      isIdle: () => this.#liveRequests.count === 0 && this.#admission.inFlight === 0,
    });
    membership?.start({
      hasAllOf: (owner, ring) => this.#background.antiEntropy.completed.get(owner)?.ring === ring,
      onChange: () => {
        this.#peers.changed();
        this.#background.antiEntropy.hurry();
      },
      onMoved: () => this.#peers.redial(),
    });
    const coordination: CoordinatorParts = {
      nodeId,
      replica,
      calls,
      detector,
      versioning,
      ring: ringNow,
      instruments: coordinatorInstruments(environment.metrics),
      liveRequests: this.#liveRequests,
    };
    const { n, w, quorum, writeCoordinator, hedgeMs, durableReplicas, clusterId } = configuration;
    const { readRepair } = configuration;
    this.#coordinator = new Coordinator(
      environment,
      coordination,
      {
        n,
        quorum,
        writeCoordinator,
        hedgeMs,
        durableReplicas,
        readRepair,
        repairWaitMs: REPAIR_WAIT_MS,
      },
      { clusterId, macKey },
    );
    this.#router = new WriteRouter(environment, coordination, this.#coordinator);
    this.#answers = new ClientAnswers(environment.assertions, {
      configuration,
      versioning,
      macKey,
      calmMs: () => detector.calmMs(),
    });
    this.#handler = peerService(environment, {
      replica,
      shared: this.#background.shared,
      coordinator: this.#coordinator,
      admission: this.#admission,
      stages,
      waitMaxMs: configuration.requestTimeoutMs,
      lives: new PeerLives(engine),
      ring: ringNow,
      gossip,
      meet: gossip && ((peer) => gossip.meet(peer)),
      isMember: () => members.isMember,
      ready: () => this.#ready,
      w,
    });
    const hintOwners = () => replica.hints.countByOwner.keys();
    const { assertions } = environment;
    const rows = new PartitionRows({ assertions, engine, hintOwners });
    environment.metrics.gauge(
      "ringside_storage_dead",
      "1 once the engine takes no write any more until the node is started anew, else 0.",
      undefined,
      () => Number(engine.failure !== undefined),
    );
    this.operator = new Operator(environment, {
      rows: new RowAccess({
        nodeId,
        n,
        ring: ringNow,
        versioning,
        clock: environment.clock,
        clockSkewMaxMs: configuration.clockSkewMaxMs,
        rows,
        replica,
        stage: stages.snapshots,
        waitMaxMs: configuration.requestTimeoutMs,
      }),
      configuration,
      life,
      members,
      membership: new MembershipOperator({
        configuration,
        members,
        membership,
        shared: this.#background.shared,
      }),
      ready: () => this.ready,
      storageFailure: () => engine.failure,
      admission: this.#admission,
      detector,
      calls: this.#peers.plainCalls,
      routes,
      versioning,
      replica,
      shared: this.#background.shared,
      antiEntropy: this.#background.antiEntropy,
    });
  }

  get configuration(): NodeConfiguration {
    return this.#configuration;
  }

  /** Why it is not to be sent clients, in a few words; undefined: it serves them. */
  get unreadyReason(): string | undefined {
    // First, since nothing but a restart ends that.
    if (this.deadReason !== undefined) return this.deadReason;
    if (!this.#ready) return "the node starts or stops";
    return this.#members.isMember ? undefined : "the node is no member of the cluster";
  }

  /** Why nothing but a restart helps it, in a few words; undefined: it lives. Who waits to be joined lives, too. */
  get deadReason(): string | undefined {
    const { failure } = this.#engine;
    return failure && `storage is dead: ${failure.message}`;
  }

  /** True while it serves clients: once it has started, until it stops or its engine dies, as long as it is a member. */
  get ready(): boolean {
    return this.unreadyReason === undefined;
  }

  /** In force, as clients go by it. */
  ring(): Ring {
    return this.#members.ringInForce();
  }

  get(order: GetOrder): Promise<SiblingsAnswer> {
    const { key, r, quorum, notFound, known } = order;
    if (!this.#members.isMember) return this.#refuseAsNoMember();
    return this.#admission.admit("clients", order.timeoutMs, (timeoutMs) => {
      const atLeast =
        known === undefined
          ? this.#versioning.empty.clock
          : this.#coordinator.openContext(key, known.token, known.kind);
      return this.#coordinator
        .get({ key, r, quorum, notFound, timeoutMs, atLeast })
        .then((found) => this.#answers.siblings(key, found.siblings, found));
    });
  }

  put(order: PutOrder): Promise<WriteAnswer> {
    if (!this.#members.isMember) return this.#refuseAsNoMember();
    return this.#admission.admit("clients", order.timeoutMs, (timeoutMs) =>
      this.#router
        .put({ ...order, timeoutMs })
        .then((record) => this.#answers.written(order, record)),
    );
  }

  /** It has no ring to find a key's nodes by, or one that is as old as its membership (D-4.8.1-1). */
  #refuseAsNoMember(): Promise<never> {
    this.#assertions.reachable("a request of a client was refused by a node that is no member");
    const message = "Cannot serve: this node is no member of the cluster";
    return Promise.reject(new DynamoError("no-member", message));
  }

  /** From now on definitely refuses new requests, of clients and forwarded ones. Goes on as a replica. */
  refuseRequests(): void {
    this.#ready = false;
    this.#admission.close();
  }

  /** Refuses new requests, finishes those under way, their hints and repairs, then closes everything. */
  async stop(): Promise<void> {
    this.refuseRequests();
    await this.#admission.drained();
    await this.#liveRequests.idle();
    await this.#background.stop();
    await this.#peers.stop();
    await this.#membership?.stop();
    this.#assertions.always(
      "no request is under way once a node has stopped",
      this.#liveRequests.count === 0,
    );
    await this.#endLife();
    await this.#engine.close();
  }

  /** Nobody mints any more. A node that cannot note it is none the worse: it starts with a fresh incarnation. */
  async #endLife(): Promise<void> {
    try {
      await this.#replica.end();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#log.warn({ err: error }, "Cannot note that the node stopped in order");
    }
  }

  async #listen(): Promise<void> {
    await this.#peers.listen(this.#configuration.rpcAddress, this.#handler);
    this.#background.start();
    this.#peers.gossip?.start();
    this.#ready = true;
  }
}
