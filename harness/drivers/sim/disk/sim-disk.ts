import { assert } from "../../../../src/base/assert.ts";
import type { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Clock } from "../../../../src/env/clock.ts";
import { bytesOf } from "../../../../src/storage/byte-strings.ts";
import type { Engine, TableName } from "../../../../src/storage/engine.ts";
import type { RowState } from "../observer.ts";
import type { DiskCounts } from "./medium.ts";
import { Medium } from "./medium.ts";
import type { DiskFaults, DiskObserver, Enter, SimDiskOptions } from "./sim-disk-options.ts";
import { SimEngine } from "./sim-engine.ts";

export interface SimDiskParts {
  /** The world's: a disk has no skew. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly observer?: DiskObserver;
  readonly node: string;
}

/** An old state of a disk, as a backup keeps it. */
export interface DiskSnapshot {
  readonly bytes: Uint8Array;
}

/**
 * The disk of one node, which outlives the node's lives: a log of bytes in memory, and faults that happen to it.
 *
 * - `memory`: no disk at all. The end of a life, by a crash or not, ends the data; never slow, never full.
 * - `synced`: an acknowledged write survives everything. Of the commits under way at a crash the earlier ones may be kept,
 *   and the first that is not may be torn.
 * - `unsynced`: a write is acknowledged at once and survives the process. It reaches the medium 50 to 500 ms later; a
 *   power failure may take, and tear, all that has not.
 *
 * A row whose stored value was damaged counts as none in `rows`, `durableRows` and what the observer is told.
 */
export class SimDisk {
  readonly #parts: SimDiskParts;
  readonly #options: SimDiskOptions;
  readonly #medium = new Medium();
  readonly #crashes: SeededRandom;
  readonly #corruptions: SeededRandom;
  #faults: DiskFaults = { slow: undefined, isFull: false };
  #life: SimEngine | undefined;
  #lifeCount = 0;

  constructor(parts: SimDiskParts, options: SimDiskOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#crashes = parts.random.fork("crash");
    this.#corruptions = parts.random.fork("corrupt");
  }

  /** How often what happened so far. */
  get counts(): DiskCounts {
    return this.#medium.counts;
  }

  /**
   * Begins a life on what the disk holds. The life before must have ended: its engine closed, or crashed. `enter` is that
   * of the process whose engine it is.
   */
  open(enter: Enter = enterAtOnce): Engine {
    this.#checkDown("open the disk");
    this.#lifeCount += 1;
    const { clock, random, observer, node } = this.#parts;
    this.#life = new SimEngine(
      {
        clock,
        random: random.fork(`life ${this.#lifeCount}`),
        observer,
        node,
        medium: this.#medium,
        faults: () => this.#faults,
        closed: () => this.#closed(),
        enter,
      },
      this.#options,
    );
    return this.#life;
  }

  /** Ends the life there is, if there is one, as the end of the process or as a power failure does. */
  crash(how: "process" | "power"): void {
    const life = this.#life;
    if (life === undefined) {
      return;
    }
    const underWay = life.kill();
    this.#life = undefined;
    if (this.#options.kind === "memory") {
      this.#medium.replace(NOTHING);
    } else {
      this.#medium.crash(underWay, how, this.#crashes);
    }
    this.#tellReplaced();
  }

  /** A process closed its engine and had shown more than it stored. Only while no life is open. */
  endedWithLess(): void {
    this.#checkDown("say what is left");
    this.#tellReplaced();
  }

  /** Destroys all data. Only while no life is open. */
  wipe(): void {
    this.#checkDown("wipe the disk");
    this.#medium.replace(NOTHING);
    this.#tellReplaced();
  }

  /** What a power failure now would surely leave. Allowed at any time; what memory holds is in no snapshot. */
  snapshot(): DiskSnapshot {
    return { bytes: this.#medium.durableBytes() };
  }

  /** Puts the disk back to an old state. Only while no life is open. */
  restore(snapshot: DiskSnapshot): void {
    this.#checkDown("restore the disk");
    this.#medium.replace(this.#options.kind === "memory" ? NOTHING : snapshot.bytes);
    this.#tellReplaced();
  }

  /**
   * Flips one bit of one value of `records` or `hints` that is on the medium, so that the next read of it fails. False where
   * there is none; a value that a write under way hides is none, as nobody would read it.
   */
  corruptOne(): boolean {
    const damaged = this.#medium.corruptOne(
      (entry) =>
        (entry.table === "records" || entry.table === "hints") && this.#life?.hides(entry) !== true,
      this.#corruptions,
    );
    if (damaged === undefined) {
      return false;
    }
    const { observer, node } = this.#parts;
    observer?.rowDamaged(node, damaged.table, bytesOf(damaged.keyText));
    return true;
  }

  /** Adds to the delay of every read and commit that begins from now on. */
  setSlow(slow: { readonly readMs: number; readonly writeMs: number } | undefined): void {
    this.#faults = { ...this.#faults, slow };
  }

  /** While it is full, a commit that adds data fails when it would have ended. */
  setFull(isFull: boolean): void {
    this.#faults = { ...this.#faults, isFull };
  }

  /**
   * The next commit fails, and with it the engine of the life there is, as databases do that no longer know what their disk holds:
   * every later call is rejected at once. Whether that commit is on the disk the next life finds out, for which the disk is
   * well again. Nothing where no life is open, and in memory.
   */
  failForGood(): void {
    this.#life?.failForGood();
  }

  /** Everything visible now; while no life is open what the next one will find. By table and key. */
  rows(): readonly RowState[] {
    return this.#life?.rows() ?? this.#medium.all();
  }

  /** The value of one row as an engine shows it now; undefined where there is none, or it is damaged. */
  visible(table: TableName, key: Uint8Array): Uint8Array | undefined {
    return this.#life === undefined ? this.#medium.peek(table, key) : this.#life.peek(table, key);
  }

  /** What a power failure now would surely leave. By table and key. */
  durableRows(): readonly RowState[] {
    return this.#medium.durable();
  }

  #closed(): void {
    const unsure = this.#life?.unsure ?? [];
    this.#life = undefined;
    if (this.#options.kind === "memory") {
      this.#medium.replace(NOTHING);
      this.#tellReplaced();
    } else if (unsure.length > 0) {
      this.#medium.crash(unsure, "process", this.#crashes);
      this.#tellReplaced();
    } else {
      this.#medium.sync();
    }
  }

  #tellReplaced(): void {
    this.#parts.observer?.rowsReplaced(this.#parts.node, this.#medium.all());
  }

  #checkDown(what: string): void {
    const { node } = this.#parts;
    assert(this.#life === undefined, `Cannot ${what} of ${node}: a life of the node is open`);
  }
}

const NOTHING = new Uint8Array(0);

function enterAtOnce(callback: () => void): void {
  callback();
}
