import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import type { BackOff } from "./back-off.ts";
import { afterFailure } from "./back-off.ts";
import { hintTargets } from "./hint-targets.ts";
import { Pacer } from "./pacer.ts";

/** A hint that waits for its owner. */
export interface WaitingHint {
  readonly rowKey: Uint8Array;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

/** The hint table, as delivery uses it. Implemented by `replica/hint-rows.ts`. */
export interface HintStore {
  readonly countByOwner: ReadonlyMap<NodeId, number>;
  scan(
    owner: NodeId,
    options: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly WaitingHint[]>;
  /** Deletes the hint unless it has changed since it was scanned; false where it stays. */
  drop(owner: NodeId, key: Uint8Array, record: Uint8Array): Promise<boolean>;
}

export interface HintDeliveryParts {
  readonly nodeId: NodeId;
  readonly hints: HintStore;
  /** Merges a record into this node's own row of the key; resolves when it is durable. */
  readonly replica: {
    store(
      key: Uint8Array,
      record: Uint8Array,
      hintFor: undefined,
      options: { readonly durable: true },
    ): Promise<void>;
  };
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
}

export interface HintDeliveryOptions {
  readonly n: number;
  readonly scanMs: number;
  readonly callTimeoutMs: number;
  /** The longest wait after failed deliveries to one owner, if that is more than `scanMs`. */
  readonly backOffMaxMs: number;
  /** What all nodes together send to one owner, so that each sends its share of it, to all owners together. */
  readonly bytesPerSecond: number;
}

/** Hints of one owner under way at once: enough to fill a round trip, few enough not to flood a node that just came back (K-20). */
const WINDOW = 16;
/** A small hint costs its owner a message, a read and a commit all the same: as much as this many bytes. */
const HINT_COST_BYTES_MIN = 4_096;
const BURST_MS = 100;

/**
 * Hands hints to their owners (paper 4.6; D-4.6-3, D-4.6-4, D-4.6-8). Every `scanMs`, and at once when an owner answers again, the
 * hints of each owner that seems up are sent as ordinary puts, at a bounded rate; a hint is deleted only after the owner, or each
 * node that took over from it, acknowledged exactly those bytes. Delivery of an owner's hints stops at the first failure and
 * waits longer after each one; the hints of an owner that has left go to many nodes, so there a failure stops nothing else.
 */
export class HintDelivery {
  readonly #environment: Environment;
  readonly #parts: HintDeliveryParts;
  readonly #options: HintDeliveryOptions;
  readonly #underWay = new Map<NodeId, Promise<void>>();
  readonly #backOffs = new Map<NodeId, BackOff>();
  readonly #pacer: Pacer;
  readonly #delivered: Counter;
  readonly #failures: Counter;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(environment: Environment, parts: HintDeliveryParts, options: HintDeliveryOptions) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    const { metrics } = environment;
    this.#delivered = metrics.counter("ringside_hints_delivered_total", "Hints their owner took");
    this.#failures = metrics.counter(
      "ringside_hint_delivery_failures_total",
      "Hint deliveries that stopped before the last hint",
    );
    metrics.gauge(
      "ringside_hint_owners_backed_off",
      "Owners whose last hint delivery failed",
      {},
      () => this.#backOffs.size,
    );
    this.#pacer = new Pacer(environment, () => ({
      bytesPerSecond: options.bytesPerSecond / Math.max(1, parts.ring().nodes.length - 1),
      burstMs: BURST_MS,
    }));
  }

  start(): void {
    this.#timer = this.#environment.clock.setTimer(this.#options.scanMs, () => {
      for (const owner of this.#parts.hints.countByOwner.keys()) this.deliverTo(owner);
      if (!this.#stopped) this.start();
    });
  }

  /** Starts delivery to one owner unless it is under way, the owner seems down, or too little time has passed since it failed. */
  deliverTo(owner: NodeId): void {
    if (this.#stopped || this.#underWay.has(owner) || !this.#mayTry(owner)) return;
    const delivery = this.#deliverAll(owner)
      .catch((error: unknown) => this.#failed(owner, error))
      .finally(() => this.#underWay.delete(owner));
    this.#underWay.set(owner, delivery);
  }

  /** Stops scanning and waits for the deliveries under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#pacer.stop();
    await Promise.all(this.#underWay.values());
  }

  #mayTry(owner: NodeId): boolean {
    const isHeldBack =
      this.#environment.clock.monotonicMs() < (this.#backOffs.get(owner)?.untilMs ?? 0);
    this.#environment.assertions.sometimes(
      "hints waited since their last delivery failed",
      isHeldBack,
    );
    return !isHeldBack && (this.#hasLeft(owner) || this.#parts.detector.isUp(owner));
  }

  #hasLeft(owner: NodeId): boolean {
    return !this.#parts.ring().nodes.includes(owner);
  }

  #failed(owner: NodeId, error: unknown): void {
    const { assertions, clock, log, random } = this.#environment;
    assertions.reachable("hint delivery stopped before the last hint");
    const { scanMs, backOffMaxMs } = this.#options;
    const backOff = afterFailure(
      this.#backOffs.get(owner),
      { nowMs: clock.monotonicMs(), chance: random.float() },
      { firstMs: scanMs, maxMs: Math.max(scanMs, backOffMaxMs) },
    );
    this.#backOffs.set(owner, backOff);
    this.#failures.increment();
    log.warn({ owner, failures: backOff.failures, err: error }, "Hint delivery stopped early");
  }

  async #deliverAll(owner: NodeId): Promise<void> {
    let after: Uint8Array | undefined;
    let failure: PromiseRejectedResult | undefined;
    while (!this.#stopped) {
      const page = await this.#parts.hints.scan(owner, { after, limit: WINDOW });
      const last = page.at(-1);
      if (last === undefined) break;
      this.#environment.assertions.sometimes(
        "hints of one owner took more than one page",
        after !== undefined,
      );
      const results = await Promise.allSettled(page.map((hint) => this.#deliver(owner, hint)));
      failure ??= results.find((result) => result.status === "rejected");
      if (failure === undefined) this.#backOffs.delete(owner);
      else if (!this.#hasLeft(owner)) break;
      after = last.rowKey;
    }
    if (failure !== undefined) throw failure.reason;
  }

  async #deliver(owner: NodeId, hint: WaitingHint): Promise<void> {
    const { ring, hints } = this.#parts;
    const targets = hintTargets({ owner, key: hint.key }, ring(), this.#options.n);
    const sizeBytes = Math.max(HINT_COST_BYTES_MIN, hint.key.length + hint.record.length);
    if (!(await this.#pacer.pass(sizeBytes * targets.length))) return;
    const isRerouted = !targets.includes(owner);
    await Promise.all(targets.map((target) => this.#handOver(target, hint)));
    if (isRerouted) {
      this.#environment.assertions.reachable("a hint went to those who took over from its owner");
    } else this.#environment.assertions.reachable("a hint was delivered to its owner");
    // One that changed meanwhile stays, and is delivered again by the next scan.
    if (await hints.drop(owner, hint.key, hint.record)) this.#delivered.increment();
  }

  /** Resolves once the node has acknowledged the hint's record as its own. */
  async #handOver(target: NodeId, hint: WaitingHint): Promise<void> {
    if (target === this.#parts.nodeId) {
      await this.#parts.replica.store(hint.key, hint.record, undefined, { durable: true });
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const request = {
        type: "put",
        ring: this.#parts.ring().stamp,
        key: hint.key,
        record: hint.record,
        hintFor: undefined,
        // The hint goes once the owner has it, and with it perhaps the copy that was stored.
        durable: true,
      } as const;
      this.#parts.calls.call(target, request, this.#options.callTimeoutMs, (outcome) => {
        if (outcome.kind === "reply" && outcome.reply.type === "put-reply") resolve();
        else reject(new Error(`Cannot deliver a hint to ${target}: ${describe(outcome)}`));
      });
    });
  }
}

function describe(outcome: Parameters<Parameters<PeerCalls["call"]>[3]>[0]): string {
  if (outcome.kind !== "reply") return outcome.kind;
  return outcome.reply.type === "error-reply" ? outcome.reply.message : outcome.reply.type;
}
