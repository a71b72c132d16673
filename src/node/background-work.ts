import { AntiEntropy } from "../anti-entropy/anti-entropy.ts";
import { LostRanges } from "../anti-entropy/lost-ranges.ts";
import { SharedTrees } from "../anti-entropy/shared-trees.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import { HintDelivery } from "../handoff/hint-delivery.ts";
import type { FailureDetector } from "../membership/failure-detector.ts";
import type { Membership } from "../membership/membership.ts";
import type { Replica } from "../replica/replica.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { TombstoneCollector } from "../tombstones/tombstone-collector.ts";
import type { NodeConfiguration } from "./configuration.ts";

/** After failed deliveries hints wait for no longer: hints are the copies that reads have to do without. */
const HINT_BACK_OFF_MS_MAX = 10_000;

type BackgroundMembership = Pick<Membership, "awaited" | "exchanged" | "emptying">;

export interface BackgroundParts {
  readonly configuration: NodeConfiguration;
  readonly replica: Replica;
  readonly calls: PeerCalls;
  readonly detector: FailureDetector;
  readonly ring: () => Ring;
  readonly ground: () => object | undefined;
  /** Of a node whose ring may change. */
  readonly membership: BackgroundMembership | undefined;
  /** No client's request is under way. */
  readonly isIdle: () => boolean;
}

/** What a node does of its own accord beside its requests: it delivers hints, collects tombstones, and keeps its rows like those of others. */
export class BackgroundWork {
  readonly shared: SharedTrees;
  readonly antiEntropy: AntiEntropy;
  readonly #parts: BackgroundParts;
  readonly #handoff: HintDelivery;
  readonly #collector: TombstoneCollector;
  readonly #lostRanges: LostRanges | undefined;

  constructor(environment: Environment, parts: BackgroundParts) {
    const { configuration, replica, calls, detector, ring, ground, membership } = parts;
    const { nodeId, n, requestTimeoutMs: callTimeoutMs } = configuration;
    this.#parts = parts;
    this.#handoff = new HintDelivery(
      environment,
      {
        nodeId,
        hints: replica.hints,
        replica,
        calls,
        detector,
        ring,
        isSilenced: () => membership?.emptying.isSilenced === true,
      },
      {
        n,
        scanMs: configuration.hintScanMs,
        callTimeoutMs,
        backOffMaxMs: HINT_BACK_OFF_MS_MAX,
        bytesPerSecond: configuration.hintDeliveryBytesPerSecond,
      },
    );
    this.#collector = new TombstoneCollector(
      environment,
      { nodeId, rows: replica.tombstones, calls, detector, ring, ground },
      { n, graceMs: configuration.tombstoneGraceMs, callTimeoutMs },
    );
    const limits = {
      everyMs: configuration.antiEntropyMs,
      callTimeoutMs,
      keysPerSecond: configuration.antiEntropyKeysPerSecond,
      bytesPerSecond: configuration.antiEntropyBytesPerSecond,
    };
    this.shared = new SharedTrees({ nodeId, trees: replica.trees, ring, n });
    this.antiEntropy = new AntiEntropy(
      environment,
      {
        copies: replica,
        shared: this.shared,
        calls,
        detector,
        ring,
        ...(membership && {
          onCompleted: () => membership.exchanged(),
          isReceiving: () => membership.awaited().length > 0,
        }),
      },
      limits,
    );
    this.#lostRanges =
      membership &&
      new LostRanges(
        environment,
        {
          nodeId,
          copies: replica,
          rows: replica.lost,
          shared: this.shared,
          calls,
          detector,
          ring,
          isSilenced: () => membership.emptying.isSilenced,
          owesEmptied: () => membership.emptying.isOwed,
          isIdle: () => parts.isIdle() && replica.hints.countByOwner.size === 0,
          onEmptied: () => membership.emptying.say(),
        },
        { ...limits, n },
      );
  }

  /** A peer answers again. */
  deliverTo(peer: NodeId): void {
    this.#handoff.deliverTo(peer);
  }

  start(): void {
    this.#handoff.start();
    this.#collector.start();
    const { antiEntropyMs, verifyTreesMs } = this.#parts.configuration;
    if (antiEntropyMs === 0) return;
    this.#parts.replica.trees.start({ verifyMs: verifyTreesMs });
    this.antiEntropy.start();
    this.#lostRanges?.start();
  }

  /** Resolves when all that was under way has ended. */
  async stop(): Promise<void> {
    await Promise.all([
      this.#collector.stop(),
      this.#handoff.stop(),
      this.antiEntropy.stop(),
      this.#lostRanges?.stop(),
      this.#parts.replica.trees.stop(),
    ]);
  }
}
