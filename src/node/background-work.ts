import { AntiEntropy } from "../anti-entropy/anti-entropy.ts";
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

export interface BackgroundParts {
  readonly configuration: NodeConfiguration;
  readonly replica: Replica;
  readonly calls: PeerCalls;
  readonly detector: FailureDetector;
  readonly ring: () => Ring;
  /** Of a node whose ring may change. */
  readonly membership: Pick<Membership, "awaited" | "exchanged"> | undefined;
}

/** What a node does of its own accord beside its requests: it delivers hints, collects tombstones, and keeps its rows like those of others. */
export class BackgroundWork {
  readonly shared: SharedTrees;
  readonly antiEntropy: AntiEntropy;
  readonly #parts: BackgroundParts;
  readonly #handoff: HintDelivery;
  readonly #collector: TombstoneCollector;

  constructor(environment: Environment, parts: BackgroundParts) {
    const { configuration, replica, calls, detector, ring, membership } = parts;
    const { nodeId, n, requestTimeoutMs: callTimeoutMs } = configuration;
    this.#parts = parts;
    this.#handoff = new HintDelivery(
      environment,
      { nodeId, hints: replica.hints, replica, calls, detector, ring },
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
      { nodeId, rows: replica.tombstones, calls, detector, ring },
      { n, graceMs: configuration.tombstoneGraceMs, callTimeoutMs },
    );
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
      {
        everyMs: configuration.antiEntropyMs,
        callTimeoutMs,
        keysPerSecond: configuration.antiEntropyKeysPerSecond,
        bytesPerSecond: configuration.antiEntropyBytesPerSecond,
      },
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
  }

  /** Resolves when all that was under way has ended. */
  async stop(): Promise<void> {
    await Promise.all([
      this.#collector.stop(),
      this.#handoff.stop(),
      this.antiEntropy.stop(),
      this.#parts.replica.trees.stop(),
    ]);
  }
}
