import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";

/** A hint that waits for its owner. */
export interface WaitingHint {
  readonly rowKey: Uint8Array;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

/** The hint table, as delivery uses it. Implemented by `replica/replica.ts`. */
export interface HintStore {
  hintedOwners(): ReadonlyMap<NodeId, number>;
  scanHints(
    owner: NodeId,
    options: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly WaitingHint[]>;
  /** Deletes the hint unless it has changed since it was scanned; false where it stays. */
  dropHint(owner: NodeId, key: Uint8Array, record: Uint8Array): Promise<boolean>;
}

export interface HintDeliveryParts {
  readonly hints: HintStore;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
}

export interface HintDeliveryOptions {
  readonly scanMs: number;
  readonly callTimeoutMs: number;
}

/** Hints of one owner under way at once: enough to fill a round trip, few enough not to flood a node that just came back (K-20). */
const WINDOW = 16;

/**
 * Hands hints to their owners (paper 4.6; D-4.6-3, D-4.6-4). Every `scanMs`, and at once when an owner answers again, the
 * hints of each owner that seems up are sent as ordinary puts; a hint is deleted only after the owner acknowledged
 * exactly those bytes. Delivery of an owner's hints stops at the first failure until the next scan.
 */
export class HintDelivery {
  readonly #environment: Environment;
  readonly #parts: HintDeliveryParts;
  readonly #options: HintDeliveryOptions;
  readonly #underWay = new Map<NodeId, Promise<void>>();
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
  }

  start(): void {
    this.#timer = this.#environment.clock.setTimer(this.#options.scanMs, () => {
      for (const owner of this.#parts.hints.hintedOwners().keys()) this.deliverTo(owner);
      if (!this.#stopped) this.start();
    });
  }

  /** Starts delivery to one owner unless it is under way or the owner seems down. */
  deliverTo(owner: NodeId): void {
    if (this.#stopped || this.#underWay.has(owner) || !this.#parts.detector.isUp(owner)) return;
    const delivery = this.#deliverAll(owner)
      .catch((error: unknown) => {
        this.#environment.assertions.reachable("hint delivery stopped before the last hint");
        this.#failures.increment();
        this.#environment.log.warn({ owner, err: error }, "Hint delivery stopped early");
      })
      .finally(() => this.#underWay.delete(owner));
    this.#underWay.set(owner, delivery);
  }

  /** Stops scanning and waits for the deliveries under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all(this.#underWay.values());
  }

  async #deliverAll(owner: NodeId): Promise<void> {
    let after: Uint8Array | undefined;
    while (!this.#stopped) {
      const page = await this.#parts.hints.scanHints(owner, { after, limit: WINDOW });
      const last = page.at(-1);
      if (last === undefined) return;
      this.#environment.assertions.sometimes(
        "hints of one owner took more than one page",
        after !== undefined,
      );
      const results = await Promise.allSettled(page.map((hint) => this.#deliver(owner, hint)));
      const failure = results.find((result) => result.status === "rejected");
      if (failure !== undefined) throw failure.reason;
      after = last.rowKey;
    }
  }

  async #deliver(owner: NodeId, hint: WaitingHint): Promise<void> {
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
      this.#parts.calls.call(owner, request, this.#options.callTimeoutMs, (outcome) => {
        if (outcome.kind === "reply" && outcome.reply.type === "put-reply") resolve();
        else reject(new Error(`Cannot deliver a hint to ${owner}: ${describe(outcome)}`));
      });
    });
    this.#environment.assertions.reachable("a hint was delivered to its owner");
    // One that changed meanwhile stays, and is delivered again by the next scan.
    if (await this.#parts.hints.dropHint(owner, hint.key, hint.record)) this.#delivered.increment();
  }
}

function describe(outcome: Parameters<Parameters<PeerCalls["call"]>[3]>[0]): string {
  if (outcome.kind !== "reply") return outcome.kind;
  return outcome.reply.type === "error-reply" ? outcome.reply.message : outcome.reply.type;
}
