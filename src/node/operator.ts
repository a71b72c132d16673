import type { AntiEntropy } from "../anti-entropy/anti-entropy.ts";
import type { SharedTrees } from "../anti-entropy/shared-trees.ts";
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import type { Versioning } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import type { CurrentMembers } from "../membership/current-members.ts";
import type { Detector } from "../membership/failure-detector.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { HintRoomStatus } from "../replica/hint-room.ts";
import type { Life } from "../replica/life.ts";
import { placementFile } from "../ring/datacenter-placement.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import type { Admission } from "./admission.ts";
import { ConfigurationError, checkedRoutes, knownPeers } from "./checked-values.ts";
import type { NodeConfiguration } from "./configuration.ts";
import type { NodeMembership, NodeOperator, NodeRows } from "./contract.ts";
import type { Routes } from "./routes.ts";

export interface OperatorParts {
  readonly configuration: NodeConfiguration;
  readonly life: Pick<Life, "incarnation" | "name">;
  readonly members: CurrentMembers;
  readonly membership: NodeMembership;
  readonly ready: () => boolean;
  /** What the engine died of. */
  readonly storageFailure: () => Error | undefined;
  readonly admission: Admission;
  readonly detector: Detector;
  readonly calls: PeerCalls;
  readonly routes: Routes;
  readonly versioning: Versioning;
  readonly shared: SharedTrees;
  readonly antiEntropy: AntiEntropy;
  readonly rows: NodeRows;
  readonly replica: {
    read(key: Uint8Array): Promise<Uint8Array | undefined>;
    readonly hints: { room(): HintRoomStatus };
    lostWriteCount(): number;
    skewStatus(): object;
  };
}

const PROBE_TIMEOUT_MS = 500;
const PROBE_TIMEOUT_MS_MAX = 10_000;
/** A century: a clock that starts in 1970 is within it. */
const CLOCK_OFFSET_MS_MAX = 100 * 365 * 86_400_000;

/** The operator's view of one node, for `/admin`. */
export class Operator implements NodeOperator {
  readonly #environment: Environment;
  readonly #parts: OperatorParts;

  constructor(environment: Environment, parts: OperatorParts) {
    this.#environment = environment;
    this.#parts = parts;
  }

  get rows(): NodeRows {
    return this.#parts.rows;
  }

  get membership(): NodeMembership {
    return this.#parts.membership;
  }

  status(): object {
    const { configuration, life, ready, storageFailure } = this.#parts;
    const { members, replica, admission, detector } = this.#parts;
    const hints = replica.hints.room();
    return {
      nodeId: configuration.nodeId,
      clusterId: configuration.clusterId,
      incarnation: life.incarnation,
      life: life.name,
      ready: ready(),
      storageFailure: storageFailure()?.message ?? null,
      ring: members.ringInForce().stamp,
      isMoving: this.membership.isMoving,
      versioning: configuration.versioning,
      truncate: configuration.truncate,
      clockEntriesMax: configuration.clockEntriesMax,
      n: configuration.n,
      r: configuration.r,
      w: configuration.w,
      quorum: configuration.quorum,
      engine: configuration.engine,
      tombstoneGraceMs: configuration.tombstoneGraceMs,
      testFaults: configuration.testFaults,
      hints: hints.count,
      hintBytes: hints.sizeBytes,
      hintsLimitReached: hints.isLimitReached,
      inFlight: admission.inFlight,
      suspected: detector.suspected(),
      writesLost: replica.lostWriteCount(),
      clockSkew: replica.skewStatus(),
      antiEntropy: this.#antiEntropy(),
      wallMs: this.#environment.clock.wallMs(),
    };
  }

  trees(): object {
    const { shared } = this.#parts;
    return { isBuilt: shared.isBuilt, roots: shared.roots() };
  }

  ring(): object {
    const { configuration, members: current } = this.#parts;
    const { stamp, nodes, partitionCount, owners, placement } = current.ringInForce();
    const { clusterId } = configuration;
    const members = [...current.members().values()];
    const table = { ...stamp, clusterId, nodes, members, partitionCount, owners };
    return placement === undefined ? table : { ...table, placement: placementFile(placement) };
  }

  async replica(key: Uint8Array): Promise<object> {
    const record = await this.#parts.replica.read(key);
    if (record === undefined) return { digest: null, versions: 0 };
    const { versioning } = this.#parts;
    const digest = toHex(sha256(versioning.fingerprintBytes(record))).slice(0, 32);
    return { digest, versions: versioning.decode(record).payloads.length };
  }

  routes(): object {
    const { configuration, routes } = this.#parts;
    return { routes: routes.overrides, configured: configuration.routes };
  }

  setRoutes(order: unknown): void {
    const { configuration, routes } = this.#parts;
    const known = knownPeers(configuration);
    try {
      routes.replace(checkedRoutes("routes", fieldOf(order, "routes"), known));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new DynamoError("bad-request", error.message, { cause: error });
    }
  }

  setClock(order: unknown): void {
    const { wallShift, log } = this.#environment;
    this.#expectTestFaults("set the clock");
    if (wallShift === undefined) {
      throw new DynamoError("bad-request", "Cannot set the clock: it is not one for tests");
    }
    const offsetMs = fieldOf(order, "offsetMs");
    if (typeof offsetMs !== "number" || !(Math.abs(offsetMs) <= CLOCK_OFFSET_MS_MAX)) {
      throw new DynamoError(
        "bad-request",
        `Cannot use offsetMs: allowed is a number from -${CLOCK_OFFSET_MS_MAX} to ${CLOCK_OFFSET_MS_MAX}`,
      );
    }
    wallShift.setWallOffset(offsetMs);
    log.warn({ offsetMs }, "The wall clock is off on purpose");
  }

  async probe(order: unknown): Promise<object> {
    const { configuration, calls, members } = this.#parts;
    this.#expectTestFaults("probe");
    const peer = fieldOf(order, "peer");
    const member = [...members.members().values()].find((each) => each.id === peer);
    if (member === undefined || member.id === configuration.nodeId) {
      throw new DynamoError("bad-request", `Cannot probe ${JSON.stringify(peer)}: it is no peer`);
    }
    const timeoutMs = fieldOf(order, "timeoutMs") ?? PROBE_TIMEOUT_MS;
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 1 && timeoutMs <= PROBE_TIMEOUT_MS_MAX)) {
      throw new DynamoError(
        "bad-request",
        `Cannot use timeoutMs: allowed is a number from 1 to ${PROBE_TIMEOUT_MS_MAX}`,
      );
    }
    return this.#ping(calls, member.id, timeoutMs);
  }

  #antiEntropy(): object {
    const { antiEntropy, shared, configuration } = this.#parts;
    const nowMs = this.#environment.clock.monotonicMs();
    const exchanges = [...antiEntropy.completed].map(([peer, { count, differences, endedMs }]) => [
      peer,
      { count, differences, agoMs: nowMs - endedMs },
    ]);
    return {
      everyMs: configuration.antiEntropyMs,
      partitionsBuilt: shared.partitionsBuilt,
      isSynchronised: antiEntropy.isSynchronised,
      keysFailing: antiEntropy.failingCount,
      exchanges: Object.fromEntries(exchanges),
    };
  }

  #expectTestFaults(verb: string): void {
    if (this.#parts.configuration.testFaults) return;
    throw new DynamoError(
      "bad-request",
      `Cannot ${verb}: the node was not started with testFaults`,
    );
  }

  async #ping(calls: PeerCalls, peer: NodeId, timeoutMs: number): Promise<object> {
    const { clock } = this.#environment;
    const startMs = clock.monotonicMs();
    const outcome = await new Promise<Outcome>((resolve) => {
      calls.call(peer, { type: "ping" }, timeoutMs, resolve);
    });
    const answered = outcome.kind === "reply" && outcome.reply.type === "ping-reply";
    const detail = "reason" in outcome ? `${outcome.kind}: ${outcome.reason}` : outcome.kind;
    return { answered, detail, latencyMs: clock.monotonicMs() - startMs };
  }
}

function fieldOf(order: unknown, name: string): unknown {
  if (typeof order !== "object" || order === null) {
    throw new DynamoError("bad-request", "Cannot read the body: it is not a JSON object");
  }
  return (order as Record<string, unknown>)[name];
}
