import { toBase64url } from "../base/bytes.ts";
import type { HmacKey } from "../base/hash.ts";
import type { TokenKind } from "../causality/context-token.ts";
import { macKeyOf, sealContext } from "../causality/context-token.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { Coordinator } from "../coordinator/coordinator.ts";
import { coordinatorInstruments } from "../coordinator/instruments.ts";
import { LiveRequests } from "../coordinator/live-requests.ts";
import type { CoordinatorParts } from "../coordinator/parts.ts";
import { WriteRouter } from "../coordinator/write-router.ts";
import type { Assertions } from "../env/assertions.ts";
import type { Environment } from "../env/environment.ts";
import { HintDelivery } from "../handoff/hint-delivery.ts";
import { FailureDetector } from "../membership/failure-detector.ts";
import { ObservedCalls } from "../membership/observed-calls.ts";
import { withoutRepetition } from "../protocol/operations.ts";
import { startIncarnation } from "../replica/incarnation.ts";
import { Replica } from "../replica/replica.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { RpcClient } from "../rpc/rpc-client.ts";
import { RpcServer } from "../rpc/rpc-server.ts";
import type { Engine } from "../storage/engine.ts";
import { Admission } from "./admission.ts";
import type { NodeConfiguration } from "./configuration.ts";
import type {
  GetOrder,
  KeyValueStore,
  NodeOperator,
  PutOrder,
  SiblingsAnswer,
  WriteAnswer,
} from "./contract.ts";
import { Operator } from "./operator.ts";
import { peerService } from "./peer-service.ts";
import { Routes } from "./routes.ts";

/** Misses in a row after which a peer counts as down; see FailureDetector. */
const MISSES_MAX = 3;
const REPAIR_WAIT_MS = 100;

export interface NodeParts {
  readonly configuration: NodeConfiguration;
  readonly engine: Engine;
}

/** One Dynamo node, put together (D-5-1). What speaks HTTP in front of it is in `http`. */
export class DynamoNode implements KeyValueStore {
  readonly operator: NodeOperator;
  readonly #assertions: Assertions;
  readonly #configuration: NodeConfiguration;
  readonly #ring: Ring;
  readonly #engine: Engine;
  readonly #versioning: Versioning;
  readonly #macKey: HmacKey;
  readonly #coordinator: Coordinator;
  readonly #router: WriteRouter;
  readonly #admission: Admission;
  readonly #liveRequests: LiveRequests;
  readonly #detector: FailureDetector;
  readonly #rpcClient: RpcClient;
  readonly #rpcServer: RpcServer;
  readonly #handoff: HintDelivery;
  #ready = false;

  /** Stores a fresh incarnation, then starts to serve peers; rejects when the RPC address is taken. */
  static async start(environment: Environment, parts: NodeParts): Promise<DynamoNode> {
    const { configuration, engine } = parts;
    const ring = createRing({
      clusterId: configuration.clusterId,
      nodes: configuration.members.map((member) => member.id),
      partitionCount: configuration.partitions,
    });
    const versioning = versioningFor(configuration.versioning);
    const incarnation = await startIncarnation(environment, engine, configuration.nodeId);
    const replica = await Replica.open(environment, {
      engine,
      versioning,
      ring: () => ring,
      nodeId: configuration.nodeId,
      incarnation,
    });
    const node = new DynamoNode(environment, { ...parts, ring, versioning, incarnation, replica });
    await node.#listen();
    return node;
  }

  private constructor(environment: Environment, parts: NodeParts & OpenedParts) {
    const { configuration, engine, ring, versioning, incarnation, replica } = parts;
    const { nodeId } = configuration;
    const ringNow = (): Ring => ring;
    this.#assertions = environment.assertions;
    this.#configuration = configuration;
    this.#ring = ring;
    this.#engine = engine;
    this.#versioning = versioning;
    this.#macKey = macKeyOf(configuration.clusterSecret, configuration.clusterId);
    this.#admission = new Admission(environment, configuration.inFlightMax);
    this.#liveRequests = new LiveRequests(environment);
    const identity = {
      clusterId: configuration.clusterId,
      clusterSecret: configuration.clusterSecret,
      nodeId,
      incarnation,
      ringStamp: () => ring.stamp,
    };
    const routes = new Routes(configuration.members, configuration.routes, () =>
      this.#rpcClient.redial(),
    );
    this.#rpcClient = new RpcClient(environment, {
      identity,
      addressOf: (peer) => routes.addressOf(peer),
    });
    this.#detector = new FailureDetector(
      environment,
      {
        // As patient as a request: over a link slower than the retries nobody would ever come up again.
        ping: (peer) => {
          calls.call(peer, { type: "ping" }, configuration.requestTimeoutMs, () => {});
        },
        onUp: (peer) => this.#handoff.deliverTo(peer),
      },
      { missesMax: MISSES_MAX, retryDownMs: configuration.retryDownMs },
    );
    const calls = new ObservedCalls(this.#rpcClient, this.#detector);
    this.#handoff = new HintDelivery(
      environment,
      { hints: replica, calls, detector: this.#detector, ring: ringNow },
      { scanMs: configuration.hintScanMs, callTimeoutMs: configuration.requestTimeoutMs },
    );
    const coordination: CoordinatorParts = {
      nodeId,
      replica,
      calls,
      detector: this.#detector,
      versioning,
      ring: ringNow,
      instruments: coordinatorInstruments(environment.metrics),
      liveRequests: this.#liveRequests,
    };
    const { n, w, quorum, hedgeMs, clusterId } = configuration;
    this.#coordinator = new Coordinator(
      environment,
      coordination,
      { n, quorum, hedgeMs, repairWaitMs: REPAIR_WAIT_MS },
      { clusterId, macKey: this.#macKey },
    );
    this.#router = new WriteRouter(environment, coordination, this.#coordinator);
    this.#rpcServer = new RpcServer(environment, {
      identity,
      handler: peerService(environment, {
        replica,
        coordinator: this.#coordinator,
        admission: this.#admission,
        ring: ringNow,
        w,
      }),
    });
    this.operator = new Operator(environment, {
      configuration,
      incarnation,
      ring: ringNow,
      ready: () => this.#ready,
      admission: this.#admission,
      detector: this.#detector,
      calls: this.#rpcClient,
      routes,
      versioning,
      replica,
    });
  }

  get configuration(): NodeConfiguration {
    return this.#configuration;
  }

  /** True once it serves and until it stops. */
  get ready(): boolean {
    return this.#ready;
  }

  ring(): Ring {
    return this.#ring;
  }

  get({ known, ...order }: GetOrder): Promise<SiblingsAnswer> {
    return this.#admission.admit(async () => {
      const atLeast =
        known === undefined
          ? this.#versioning.empty.clock
          : this.#coordinator.openContext(order.key, known.token, known.kind);
      const { siblings, isStale } = await this.#coordinator.get({ ...order, atLeast });
      return this.#answer(order.key, siblings, isStale);
    });
  }

  put(order: PutOrder): Promise<WriteAnswer> {
    return this.#admission.admit(async () => {
      const { key, answer } = order;
      const record = await this.#router.put(order);
      if (answer === "nothing") return NOTHING_WANTED;
      const siblings = this.#versioning.decode(record);
      return answer === "siblings"
        ? { siblings: this.#answer(key, siblings, false), session: undefined }
        : { siblings: undefined, session: this.#token(key, siblings.clock, "session") };
    });
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
    await this.#handoff.stop();
    this.#detector.stop();
    await this.#rpcServer.close();
    this.#rpcClient.close();
    this.#assertions.always(
      "no request is under way once a node has stopped",
      this.#liveRequests.count === 0,
    );
    await this.#engine.close();
  }

  async #listen(): Promise<void> {
    await this.#rpcServer.listen(this.#configuration.rpcAddress);
    this.#handoff.start();
    this.#ready = true;
  }

  #answer(key: Uint8Array, { clock, payloads }: Siblings, isStale: boolean): SiblingsAnswer {
    this.#assertions.always(
      "a context that goes out with versions is not empty",
      payloads.length === 0 || clock.size > 0,
    );
    const context = this.#token(key, clock, "context");
    return { payloads: withoutRepetition(payloads), context, isStale };
  }

  #token(key: Uint8Array, clock: Clock, kind: TokenKind): string {
    const { clusterId, versioning: mode } = this.#configuration;
    return toBase64url(sealContext({ clusterId, key, clock, mode, kind }, this.#macKey));
  }
}

const NOTHING_WANTED: WriteAnswer = { siblings: undefined, session: undefined };

interface OpenedParts {
  readonly ring: Ring;
  readonly versioning: Versioning;
  readonly incarnation: string;
  readonly replica: Replica;
}
