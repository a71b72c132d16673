import type { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Write } from "../../../../src/storage/engine.ts";
import { drawDelayMs } from "../draw-delay.ts";
import type { DiskFaults, SimDiskOptions } from "./sim-disk-options.ts";

/** How long a disk takes for each thing that one life asks of it, in milliseconds. */
export class DiskDelays {
  readonly #write: SeededRandom;
  readonly #read: SeededRandom;
  readonly #sync: SeededRandom;
  readonly #options: SimDiskOptions;
  readonly #faults: () => DiskFaults;

  constructor(random: SeededRandom, options: SimDiskOptions, faults: () => DiskFaults) {
    this.#write = random.fork("write");
    this.#read = random.fork("read");
    this.#sync = random.fork("sync");
    this.#options = options;
    this.#faults = faults;
  }

  /** From the start of a commit to its end. */
  commitMs(writes: readonly Write[]): number {
    return (
      drawDelayMs(this.#write, this.#options.write) +
      (this.#faults().slow?.writeMs ?? 0) +
      transferMs(writes, this.#options)
    );
  }

  readMs(): number {
    const slowMs = this.#faults().slow?.readMs ?? 0;
    return this.#options.kind === "memory"
      ? 0
      : drawDelayMs(this.#read, this.#options.read) + slowMs;
  }

  /** How long an operating system keeps written bytes to itself. */
  syncMs(): number {
    return SYNC_AFTER_MS_MIN + this.#sync.float() * (SYNC_AFTER_MS_MAX - SYNC_AFTER_MS_MIN);
  }
}

const SYNC_AFTER_MS_MIN = 50;
const SYNC_AFTER_MS_MAX = 500;

function transferMs(writes: readonly Write[], { bytesPerSecond }: SimDiskOptions): number {
  if (bytesPerSecond === undefined) return 0;
  const sizeBytes = writes.reduce(
    (sum, { key, value }) => sum + key.length + (value?.length ?? 0),
    0,
  );
  return (1_000 * sizeBytes) / bytesPerSecond;
}
