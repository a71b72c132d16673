import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { waitMs } from "../env/wait.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { Holding, Request } from "../protocol/messages.ts";
import type { Tombstone, TombstoneRows } from "../replica/tombstone-rows.ts";
import type { Ring } from "../ring/ring.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import { AgreedTombstones } from "./agreed-tombstones.ts";
import { judge } from "./agreement.ts";

export interface TombstoneCollectorParts {
  readonly nodeId: NodeId;
  readonly rows: Pick<TombstoneRows, "scan" | "holding" | "remove">;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
  /** What agreements rest on: good while it is the same object. Undefined: some node may hold older values and is not asked. */
  readonly ground: () => object | undefined;
}

export interface TombstoneCollectorOptions {
  readonly n: number;
  /** From the first agreement to the removal; 0: tombstones stay. Longer than anything can be under way. */
  readonly graceMs: number;
  readonly callTimeoutMs: number;
}

/**
 * Removes tombstones that nobody needs any more (architecture, "Deletes"; D-4.1-8, K-12). The paper has no deletes.
 *
 * The first primary of a key walks over its rows and asks every node of the ring what it holds of a key that is tombstones
 * only. When all primaries hold the same and nobody else anything, a hint of a moment ago included, and again `graceMs`
 * later, all are told to remove it. While any node is down nothing goes: it may hold an older value. A removal that does not reach everybody harms nobody;
 * the row comes back by repair and is collected again.
 */
export class TombstoneCollector {
  readonly #environment: Environment;
  readonly #parts: TombstoneCollectorParts;
  readonly #options: TombstoneCollectorOptions;
  readonly #agreed: AgreedTombstones;
  readonly #collected: Counter;
  readonly #refused: Counter;
  /** Under which all of `#agreed` was agreed on. */
  #ground: object | undefined;
  #timer: Timer | undefined;
  #walk: Promise<void> | undefined;
  #stopped = false;

  constructor(
    environment: Environment,
    parts: TombstoneCollectorParts,
    options: TombstoneCollectorOptions,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#agreed = new AgreedTombstones(options.graceMs);
    const { metrics } = environment;
    this.#collected = metrics.counter(
      "ringside_tombstones_collected_total",
      "Keys whose tombstones this node had removed everywhere",
    );
    this.#refused = metrics.counter(
      "ringside_tombstones_kept_total",
      "Times that the tombstones of a key were looked at and had to stay",
    );
    metrics.gauge(
      "ringside_tombstones_agreed",
      "Keys whose tombstones all nodes agree on, until they are removed",
      {},
      () => this.#agreed.count,
    );
  }

  start(): void {
    if (this.#options.graceMs > 0) this.#later();
  }

  /** Resolves when no walk is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#walk;
  }

  /** Twice in the time that tombstones wait. */
  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#environment.clock.setTimer(this.#options.graceMs / 2, () => {
      this.#walk = this.#walkRows()
        .catch((error: unknown) => {
          this.#environment.log.warn({ err: error }, "Cannot look for tombstones");
        })
        .finally(() => this.#later());
    });
  }

  async #walkRows(): Promise<void> {
    const ground = this.#parts.ground();
    if (ground !== this.#ground) this.#agreed.clear();
    this.#ground = ground;
    let after: Uint8Array | undefined;
    do {
      const page = await this.#parts.rows.scan(after, PAGE_ROWS);
      for (const tombstone of page.tombstones) {
        if (ground === undefined) {
          const { assertions } = this.#environment;
          assertions.reachable("tombstones stayed while rows were on their way to other owners");
        }
        if (this.#stopped || !this.#everybodyIsUp()) return;
        if (this.#isMine(tombstone)) await this.#consider(tombstone);
      }
      after = page.after;
      await waitMs(this.#environment.clock, PAGE_PAUSE_MS);
    } while (after !== undefined && !this.#stopped);
    this.#agreed.expire(this.#nowMs() - EXPIRY_GRACES * this.#options.graceMs);
  }

  async #consider(tombstone: Tombstone): Promise<void> {
    const { assertions } = this.#environment;
    const ripe = this.#agreed.isRipe(tombstone, this.#nowMs());
    if (ripe === false) return;
    const nodes = this.#parts.ring().preferenceList(tombstone.key);
    const { agreed, behind } = judge(nodes, this.#options.n, await this.#ask(tombstone, nodes));
    // Others own the key now, or somebody came who was not asked.
    if (!this.#isOnSameGround()) return;
    if (!agreed) {
      assertions.reachable("tombstones stayed because not all nodes held the same");
      this.#refused.increment();
      this.#agreed.forget(tombstone);
      await this.#push(tombstone, behind);
    } else if (ripe === undefined) {
      this.#agreed.agreed(tombstone, this.#nowMs());
    } else {
      await this.#remove(tombstone, nodes.slice(0, this.#options.n));
    }
  }

  async #ask(
    tombstone: Tombstone,
    nodes: readonly NodeId[],
  ): Promise<ReadonlyMap<NodeId, Holding | undefined>> {
    const answers = await Promise.all(nodes.map((node) => this.#holdingAt(node, tombstone, false)));
    return new Map(nodes.map((node, position) => [node, answers[position]]));
  }

  async #remove(tombstone: Tombstone, primaries: readonly NodeId[]): Promise<void> {
    this.#agreed.forget(tombstone);
    const answers = await Promise.all(
      primaries.map((node) => this.#holdingAt(node, tombstone, true)),
    );
    this.#environment.assertions.reachable("tombstones were removed everywhere");
    this.#environment.assertions.sometimes(
      "tombstones were written over while they were being removed",
      answers.includes("other"),
    );
    this.#collected.increment();
  }

  /** Undefined where there is no answer. */
  async #holdingAt(
    node: NodeId,
    { key, digest }: Tombstone,
    remove: boolean,
  ): Promise<Holding | undefined> {
    const { nodeId, rows } = this.#parts;
    if (node === nodeId) {
      const holding = remove ? rows.remove(key, digest) : rows.holding(key, digest);
      return holding.catch(ignoreDamage);
    }
    const ring = this.#parts.ring().stamp;
    const outcome = await this.#call(node, { type: "tombstone", ring, key, digest, remove });
    return outcome.kind === "reply" && outcome.reply.type === "tombstone-reply"
      ? outcome.reply.holding
      : undefined;
  }

  /** What a primary lacks is nobody else's to bring where hints are gone and nothing is read. */
  async #push({ key, record }: Tombstone, behind: readonly NodeId[]): Promise<void> {
    const ring = this.#parts.ring().stamp;
    const peers = behind.filter((node) => node !== this.#parts.nodeId);
    await Promise.all(
      peers.map((node) => this.#call(node, { type: "put", ring, key, record, hintFor: undefined })),
    );
  }

  #call(node: NodeId, request: Request): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#parts.calls.call(node, request, this.#options.callTimeoutMs, resolve);
    });
  }

  #isMine({ key }: Tombstone): boolean {
    return this.#parts.ring().preferenceList(key)[0] === this.#parts.nodeId;
  }

  #everybodyIsUp(): boolean {
    const { ring, nodeId, detector } = this.#parts;
    return (
      this.#isOnSameGround() && ring().nodes.every((node) => node === nodeId || detector.isUp(node))
    );
  }

  #isOnSameGround(): boolean {
    return this.#ground !== undefined && this.#ground === this.#parts.ground();
  }

  #nowMs(): number {
    return this.#environment.clock.monotonicMs();
  }
}

/** A damaged row, or a full disk: the tombstones stay. */
function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof StorageError)) throw error;
}

/** Rows read at once; a page takes about a millisecond. */
const PAGE_ROWS = 256;
const PAGE_PAUSE_MS = 20;
/** Walks come twice a grace, so by then every key that still is tombstones was looked at again. */
const EXPIRY_GRACES = 4;
