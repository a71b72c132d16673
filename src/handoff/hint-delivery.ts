import type { BackOff, BackOffOptions } from "../base/back-off.ts";
import { afterFailure } from "../base/back-off.ts";
import { toBase64url } from "../base/bytes.ts";
import { FailedItems } from "../base/failed-items.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import { Pacer } from "../env/pacer.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { HandOverParts } from "./hand-over.ts";
import { HandOverError, handOver } from "./hand-over.ts";
import type { HintDeliveryMetrics } from "./hint-delivery-metrics.ts";
import { hintDeliveryMetrics } from "./hint-delivery-metrics.ts";
import { hintTargets } from "./hint-targets.ts";

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

export interface HintDeliveryParts extends HandOverParts {
  readonly hints: HintStore;
  readonly detector: Detector;
  /** True: nothing is delivered, since others take this node for one that never comes back. Undefined: never. */
  readonly isSilenced?: () => boolean;
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
 * node that took over from it, acknowledged exactly those bytes. Where the owner fails, delivery of its hints stops and waits longer
 * after each failure. A hint that fails alone is counted, told of, and tried again ever more rarely, while the others go on; so do
 * those of an owner that has left, since they go to many nodes.
 */
export class HintDelivery {
  readonly #environment: Environment;
  readonly #parts: HintDeliveryParts;
  readonly #options: HintDeliveryOptions;
  readonly #underWay = new Map<NodeId, Promise<void>>();
  readonly #backOffs = new Map<NodeId, BackOff>();
  /** By owner: hints that failed while the owner did not. */
  readonly #failed = new Map<NodeId, FailedItems>();
  /** By owner: the last row of the page at which delivery stopped. */
  readonly #resumeAfter = new Map<NodeId, Uint8Array>();
  readonly #backOffOptions: BackOffOptions;
  readonly #pacer: Pacer;
  readonly #metrics: HintDeliveryMetrics;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(environment: Environment, parts: HintDeliveryParts, options: HintDeliveryOptions) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    const { scanMs, backOffMaxMs } = options;
    this.#backOffOptions = { firstMs: scanMs, maxMs: Math.max(scanMs, backOffMaxMs) };
    this.#pacer = new Pacer(environment.clock, { burstMs: BURST_MS });
    this.#metrics = hintDeliveryMetrics(environment.metrics, {
      ownersBackedOff: () => this.#backOffs.size,
      hintsFailing: () => [...this.#failed.values()].reduce((sum, { count }) => sum + count, 0),
    });
  }

  start(): void {
    this.#timer = this.#environment.clock.setTimer(this.#options.scanMs, () => {
      const { countByOwner } = this.#parts.hints;
      for (const owner of countByOwner.keys()) this.deliverTo(owner);
      for (const owner of this.#failed.keys()) {
        if (!countByOwner.has(owner)) this.#failed.delete(owner);
      }
      if (!this.#stopped) this.start();
    });
  }

  /** Starts delivery to one owner unless it is under way, the owner seems down, or too little time has passed since it failed. */
  deliverTo(owner: NodeId): void {
    if (this.#stopped || this.#underWay.has(owner) || !this.#mayTry(owner)) return;
    const delivery = this.#deliverAll(owner)
      .catch((error: unknown) => this.#ownerFailed(owner, error))
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
    return (
      !isHeldBack &&
      this.#parts.isSilenced?.() !== true &&
      !this.#isEachHeldBack(owner) &&
      (this.#hasLeft(owner) || this.#parts.detector.isUp(owner))
    );
  }

  /** Nothing is there to be sent: the table need not be read. */
  #isEachHeldBack(owner: NodeId): boolean {
    const failed = this.#failed.get(owner);
    if (failed === undefined) return false;
    const heldBackCount = failed.heldBackCount(this.#environment.clock.monotonicMs());
    return heldBackCount > 0 && heldBackCount >= (this.#parts.hints.countByOwner.get(owner) ?? 0);
  }

  #hasLeft(owner: NodeId): boolean {
    const { nodes, next } = this.#parts.ring();
    return !nodes.includes(owner) && next?.nodes.includes(owner) !== true;
  }

  #ownerFailed(owner: NodeId, error: unknown): void {
    const { assertions, log } = this.#environment;
    assertions.reachable("hint delivery stopped before the last hint");
    const backOff = afterFailure(this.#backOffs.get(owner), this.#now(), this.#backOffOptions);
    this.#backOffs.set(owner, backOff);
    this.#metrics.stopped.increment();
    log.warn({ owner, failures: backOff.failures, err: error }, "Hint delivery stopped early");
  }

  /** Rejects where the owner failed, or one hint after the other did; then the next delivery begins behind the page that did. */
  async #deliverAll(owner: NodeId): Promise<void> {
    const failed = this.#failedOf(owner);
    const stillFailing = new Set<string>();
    const first = this.#resumeAfter.get(owner);
    this.#resumeAfter.delete(owner);
    let failedInARow = 0;
    let after = first;
    while (!this.#stopped) {
      const page = await this.#parts.hints.scan(owner, { after, limit: WINDOW });
      const last = page.at(-1);
      if (last === undefined) break;
      this.#environment.assertions.sometimes(
        "hints of one owner took more than one page",
        after !== first,
      );
      after = last.rowKey;
      this.#resumeAfter.set(owner, after);
      const nowMs = this.#environment.clock.monotonicMs();
      const due = page.filter((hint) => !failed.isHeldBack(idOf(hint), nowMs));
      const failures = await this.#deliverPage(owner, due);
      for (const id of page.map(idOf)) if (failed.has(id)) stillFailing.add(id);
      failedInARow = failures.length < due.length ? 0 : failedInARow + failures.length;
      if (failedInARow >= WINDOW) throw failures[0];
    }
    this.#resumeAfter.delete(owner);
    if (first === undefined && !this.#stopped) failed.keepOnly(stillFailing);
    if (failed.count === 0) this.#failed.delete(owner);
  }

  /** Gives the errors of hints that failed by themselves; rejects where the owner did. */
  async #deliverPage(owner: NodeId, hints: readonly WaitingHint[]): Promise<readonly unknown[]> {
    const results = await Promise.allSettled(hints.map((hint) => this.#deliver(owner, hint)));
    const failed = this.#failedOf(owner);
    const errors = results.flatMap((result, at) => {
      const hint = hints[at];
      if (hint === undefined) return [];
      if (result.status === "rejected") return [{ hint, error: result.reason as unknown }];
      failed.succeeded(idOf(hint));
      return [];
    });
    const ownersError = this.#hasLeft(owner)
      ? undefined
      : errors.find(({ error }) => isOwners(error));
    const isAlive = ownersError === undefined || errors.some(({ error }) => !isOwners(error));
    const isSomeTaken = errors.length < hints.length;
    for (const { hint, error } of errors) {
      // Of an owner that takes nothing nothing is learnt about a hint, nor of one that had no place for it beside the others.
      if ((isAlive || isSomeTaken) && !wasShed(error)) this.#hintFailed(owner, hint, error);
    }
    if (isSomeTaken) this.#backOffs.delete(owner);
    if (ownersError !== undefined) throw ownersError.error;
    return errors.map(({ error }) => error);
  }

  #hintFailed(owner: NodeId, hint: WaitingHint, error: unknown): void {
    const { assertions, log } = this.#environment;
    assertions.reachable("a hint failed and the others went on");
    const failures = this.#failedOf(owner).failed(idOf(hint), this.#now());
    this.#metrics.hintFailures.increment();
    log.warn({ owner, key: toBase64url(hint.key), failures, err: error }, "Cannot deliver a hint");
  }

  async #deliver(owner: NodeId, hint: WaitingHint): Promise<void> {
    const { ring, hints } = this.#parts;
    const { assertions } = this.#environment;
    const targets = hintTargets({ owner, key: hint.key }, ring(), this.#options.n);
    const waitMs = this.#pacer.take(this.#costMs(hint) * targets.length);
    assertions.sometimes("a hint waited for its turn to be delivered", waitMs > 0);
    if (!(await this.#pacer.wait(waitMs))) return;
    const { callTimeoutMs } = this.#options;
    await Promise.all(targets.map((target) => handOver(this.#parts, target, hint, callTimeoutMs)));
    if (targets.includes(owner)) assertions.reachable("a hint was delivered to its owner");
    else assertions.reachable("a hint went to those who took over from its owner");
    // One that changed meanwhile stays, and is delivered again by the next scan.
    if (await hints.drop(owner, hint.key, hint.record)) this.#metrics.delivered.increment();
  }

  /** What a hint takes of this node's share of the rate to one node, in milliseconds. */
  #costMs({ key, record }: WaitingHint): number {
    const peerCount = Math.max(1, this.#parts.ring().nodes.length - 1);
    const sizeBytes = Math.max(HINT_COST_BYTES_MIN, key.length + record.length);
    return (1_000 * sizeBytes * peerCount) / this.#options.bytesPerSecond;
  }

  #failedOf(owner: NodeId): FailedItems {
    let failed = this.#failed.get(owner);
    if (failed === undefined) {
      failed = new FailedItems(this.#backOffOptions);
      this.#failed.set(owner, failed);
    }
    return failed;
  }

  #now(): { readonly nowMs: number; readonly chance: number } {
    const { clock, random } = this.#environment;
    return { nowMs: clock.monotonicMs(), chance: random.float() };
  }
}

function isOwners(error: unknown): boolean {
  return error instanceof HandOverError && error.isOfThePeer;
}

function wasShed(error: unknown): boolean {
  return error instanceof HandOverError && error.wasShed;
}

/** Names a hint among those of one owner. */
function idOf({ rowKey }: WaitingHint): string {
  return toBase64url(rowKey);
}
