/*
 * Problem: a node that has lost a range to others keeps its rows (paper 4.9). Under sloppy quorums such a row may be a copy that counted for W and
 * that no owner has: who received the range took it from N-W+1 owners, of which none need have had that one. And while the row lies
 * there no tombstone of its key can go, and its disk holds it for ever.
 *
 * Sketch: range by range, while no change is open, the node compares its tree of the range with that of each of the N owners by the ring in force and
 * sends what they lack (bring-range.ts). Once all N have had everything under one ring, and every member has shown that it goes by that
 * ring, the rows go: each only if it still is what was handed over, and only if the ring is still that one in the very turn. Where
 * anything fails the range is tried again later.
 *
 * Why every member has to show it: a part of the cluster that was cut off and completed a change may find that the others completed an earlier one,
 * and its ring is taken back. Then those who had owned a range before own it again, and had better still have it.
 *
 * A node that has left does this for all it has. When neither a row nor a hint is left it says so (`emptied`): from then on tombstones may go.
 */
import { FailedItems } from "../base/failed-items.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { Pacer } from "../env/pacer.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { LostRows } from "../replica/lost-rows.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { byteString } from "../storage/byte-strings.ts";
import { bringRange } from "./bring-range.ts";
import type { OwnCopies, PaceLimits } from "./exchange.ts";
import { call, isOperating } from "./exchange-call.ts";
import type { SharedTrees } from "./shared-trees.ts";

export interface LostRangesParts {
  readonly nodeId: NodeId;
  readonly copies: Pick<OwnCopies, "own">;
  readonly rows: Pick<LostRows, "firstPartition" | "dropPage">;
  readonly shared: SharedTrees;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
  /** True once others take this node for one that never comes back: it keeps what it has to itself. */
  readonly isSilenced: () => boolean;
  /** Of a node that has to say when it is empty. */
  readonly owesEmptied: () => boolean;
  /** Nothing is kept for others, and no request under way may yet leave something. */
  readonly isIdle: () => boolean;
  readonly onEmptied: () => void;
}

export interface LostRangesOptions extends PaceLimits {
  readonly n: number;
  /** Between two looks for lost ranges; what failed waits as long at first, and up to 16 times that. 0: none is looked for, ever. */
  readonly everyMs: number;
  readonly callTimeoutMs: number;
}

export class LostRanges {
  readonly #env: Environment;
  readonly #parts: LostRangesParts;
  readonly #options: LostRangesOptions;
  readonly #pacer: Pacer;
  readonly #brought: Counter;
  readonly #dropped: Counter;
  /** Partitions, under the ring for which they could not be cleared. */
  #failed: FailedItems;
  #ring: Ring;
  /** Who has shown that it goes by that ring. */
  #agreeing: Set<NodeId>;
  #last = -1;
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;
  #stopped = false;

  constructor(env: Environment, parts: LostRangesParts, options: LostRangesOptions) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    this.#pacer = new Pacer(env.clock, { burstMs: 0 });
    this.#failed = this.#noneFailed();
    this.#ring = parts.ring();
    this.#agreeing = new Set([parts.nodeId]);
    const { metrics } = env;
    this.#brought = metrics.counter(
      "ringside_lost_rows_handed_over_total",
      "Rows of lost ranges that an owner was sent.",
    );
    this.#dropped = metrics.counter(
      "ringside_lost_rows_dropped_total",
      "Rows of lost ranges that were removed, once all owners had them.",
    );
  }

  start(): void {
    if (this.#options.everyMs > 0) this.#later(this.#env.random.float() * this.#options.everyMs);
  }

  /** Ends what is under way after the step it is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#pacer.stop();
    await this.#underWay;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#env.clock.setTimer(delayMs, () => {
      this.#underWay = this.#turn().then(
        (isBusy) => this.#later(isBusy ? PAUSE_MS : this.#options.everyMs),
        (error: unknown) => {
          if (!isOperating(error)) throw error;
          this.#env.log.warn({ err: error }, "Cannot look for rows of lost ranges");
          this.#later(this.#options.everyMs);
        },
      );
    });
  }

  /** True where there may be more to do at once. */
  async #turn(): Promise<boolean> {
    const { shared, isSilenced } = this.#parts;
    const ring = this.#parts.ring();
    if (ring !== this.#ring) this.#goBy(ring);
    if (ring.next !== undefined || !shared.isBuilt || isSilenced()) return false;
    const partition = this.#next(shared.lost());
    if (partition !== undefined) {
      await this.#clear(partition, ring);
      return true;
    }
    await this.#considerEmptied(ring);
    return false;
  }

  #goBy(ring: Ring): void {
    this.#ring = ring;
    this.#agreeing = new Set([this.#parts.nodeId]);
    this.#failed = this.#noneFailed();
  }

  #noneFailed(): FailedItems {
    const { everyMs } = this.#options;
    return new FailedItems({ firstMs: everyMs, maxMs: BACK_OFF_MAX * everyMs });
  }

  /** The one behind the last, of those that are not held back. */
  #next(partitions: readonly number[]): number | undefined {
    const nowMs = this.#env.clock.monotonicMs();
    const due = partitions.filter((each) => !this.#failed.isHeldBack(`${each}`, nowMs));
    return due.find((each) => each > this.#last) ?? due[0];
  }

  async #clear(partition: number, ring: Ring): Promise<void> {
    const { assertions, clock, log, random } = this.#env;
    this.#last = partition;
    let isCleared = false;
    try {
      isCleared = await this.#handOverAndDrop(partition, ring);
    } catch (error) {
      if (!isOperating(error)) throw error;
      log.debug({ partition, err: error }, "Cannot hand a lost range over");
    }
    if (isCleared) {
      this.#failed.succeeded(`${partition}`);
      return;
    }
    assertions.reachable("a lost range could not be dropped yet");
    this.#failed.failed(`${partition}`, { nowMs: clock.monotonicMs(), chance: random.float() });
  }

  /** True once the node has no row of the range any more. */
  async #handOverAndDrop(partition: number, ring: Ring): Promise<boolean> {
    const isOver = () => !this.#isLostUnder(partition, ring);
    const { shared } = this.#parts;
    // Before the first comparison: what changes from now on has another digest, and stays.
    const leaves = [...shared.of(partition).leaves()];
    const handedOver = new Map(leaves.map(({ key, digest }) => [byteString(key), digest]));
    const owners = ring.preferenceListOf(partition).slice(0, this.#options.n);
    let isWhole = true;
    for (const owner of owners) {
      isWhole = (await this.#bringTo(owner, { partition, ring, isOver })) && isWhole;
    }
    if (!isWhole || !(await this.#everybodyGoesBy(ring)) || isOver()) return false;
    return this.#drop(partition, handedOver, isOver);
  }

  /** An owner that is away does not keep the others waiting for their copies. */
  async #bringTo(
    owner: NodeId,
    of: { readonly partition: number; readonly ring: Ring; readonly isOver: () => boolean },
  ): Promise<boolean> {
    const { detector } = this.#parts;
    const { callTimeoutMs } = this.#options;
    if (!detector.isUp(owner)) return false;
    const parts = {
      ...this.#parts,
      pacer: this.#pacer,
      limits: this.#options,
      brought: this.#brought,
    };
    try {
      return await bringRange(this.#env, parts, { ...of, owner, callTimeoutMs });
    } catch (error) {
      if (!isOperating(error)) throw error;
      this.#env.log.debug({ owner, err: error }, "Cannot hand a lost range over to an owner");
      return false;
    }
  }

  /** Whoever answers under its stamp does. Once is enough for a ring. */
  async #everybodyGoesBy(ring: Ring): Promise<boolean> {
    const { calls } = this.#parts;
    const { callTimeoutMs } = this.#options;
    for (const peer of ring.nodes.filter((node) => !this.#agreeing.has(node))) {
      if (ring !== this.#ring || this.#stopped) return false;
      // Of what they have in common, which takes no disk.
      const request = { type: "tree", ring: ring.stamp, paths: [ROOT] } as const;
      const reply = await call(calls, { peer, callTimeoutMs }, request);
      if (reply.type !== "tree-reply") return false;
      this.#agreeing.add(peer);
    }
    return true;
  }

  async #drop(
    partition: number,
    handedOver: ReadonlyMap<string, string>,
    isOver: () => boolean,
  ): Promise<boolean> {
    const { assertions } = this.#env;
    const order = { partition, handedOver, isStillLost: () => !isOver() };
    let after: Uint8Array | undefined;
    let isEmpty = true;
    do {
      const page = await this.#parts.rows.dropPage(order, after, PAGE_ROWS);
      this.#dropped.increment(page.droppedCount);
      if (page.keptCount > 0) {
        isEmpty = false;
        // Or the range is not lost any more.
        if (!isOver()) {
          assertions.reachable("a row of a lost range had changed when the others went");
        }
      }
      after = page.after;
      const costMs = (1_000 * page.droppedCount) / this.#options.keysPerSecond;
      await this.#pacer.wait(this.#pacer.take(costMs));
    } while (after !== undefined && !isOver());
    if (isEmpty) assertions.reachable("a node dropped the rows of a lost range");
    return isEmpty && after === undefined;
  }

  #isLostUnder(partition: number, ring: Ring): boolean {
    const { ring: ringNow, shared, isSilenced } = this.#parts;
    return !this.#stopped && ringNow() === ring && !isSilenced() && shared.isLost(partition);
  }

  /** Says so, or clears what no leaf tells of: damaged rows. */
  async #considerEmptied(ring: Ring): Promise<void> {
    const { rows, shared, ring: ringNow, owesEmptied, isIdle, onEmptied } = this.#parts;
    if (!owesEmptied() || !isIdle() || shared.lost().length > 0) return;
    const partition = await rows.firstPartition();
    if (partition !== undefined) {
      const nowMs = this.#env.clock.monotonicMs();
      if (!this.#failed.isHeldBack(`${partition}`, nowMs)) await this.#clear(partition, ring);
      return;
    }
    if (ringNow() !== ring || !owesEmptied() || !isIdle() || this.#stopped) return;
    this.#env.assertions.reachable("a node that left held nothing any more");
    onEmptied();
  }
}

/** Between two ranges. */
const PAUSE_MS = 50;
/** Rows removed at once. */
const PAGE_ROWS = 64;
/** A range that fails again and again is tried at least once in so many times `everyMs`. */
const BACK_OFF_MAX = 16;
const ROOT = new Uint8Array(0);
