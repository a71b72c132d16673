import type { Assertions } from "../env/assertions.ts";
import type { Engine, WriteOptions } from "../storage/engine.ts";

/**
 * Problem: a write that is lost costs its row's actor (`local-actors.ts`), and the next mint there a fresh one, which the peers that
 * store it never forget. On a disk that stays full each mint would make the key's clock longer everywhere, until it fits no context.
 *
 * Sketch: a full disk is a property of the disk, so one doubt stands for all rows. A lost write raises it. While it stands, nothing
 * is minted that takes more bytes than this node has stored since: as many are stored first, in a row that nobody reads, and where
 * that fails the mint is refused before it began, which is certain, and another node may do it. Any write that is stored counts,
 * whoever it is for; the doubt ends with one as large as the largest that was lost. By size, since a disk that is nearly full takes
 * small writes and loses large ones.
 *
 * Merges go on as ever: they acknowledge what is stored, and burn no actor.
 */
export class DiskDoubt {
  readonly #engine: Engine;
  readonly #assertions: Assertions;
  /** The largest write lost since the doubt arose; 0: there is none. */
  #lostBytes = 0;
  /** The largest write stored since the last loss. */
  #storedBytes = 0;
  #lossCount = 0;

  constructor(engine: Engine, assertions: Assertions) {
    this.#engine = engine;
    this.#assertions = assertions;
  }

  /** True where a write of so many bytes may be lost like those before it. */
  isAbout(sizeBytes: number): boolean {
    return this.#lostBytes > 0 && sizeBytes > this.#storedBytes;
  }

  /** How many writes were lost so far. */
  get lossCount(): number {
    return this.#lossCount;
  }

  lost(sizeBytes: number): void {
    this.#lossCount += 1;
    this.#lostBytes = Math.max(this.#lostBytes, sizeBytes);
    this.#storedBytes = 0;
  }

  /** `lossCount`: as it was when the write began. What began before the last loss says nothing of the disk since. */
  stored(sizeBytes: number, lossCount: number): void {
    if (this.#lostBytes === 0 || lossCount !== this.#lossCount) return;
    this.#storedBytes = Math.max(this.#storedBytes, sizeBytes);
    if (this.#storedBytes >= this.#lostBytes) this.#lostBytes = 0;
  }

  /** Stores `bytes` and removes them again. Rejects with StorageError where the disk does not take them. */
  async probe(bytes: Uint8Array, options: WriteOptions): Promise<void> {
    const lossCount = this.#lossCount;
    const probe = { table: "incarnations", key: PROBE_KEY } as const;
    try {
      await this.#engine.write([{ ...probe, value: bytes }], options);
      await this.#engine.write([{ ...probe, value: undefined }], options);
    } catch (error) {
      this.lost(bytes.length);
      this.#assertions.reachable("a mint was refused since its disk loses writes");
      throw error;
    }
    this.#assertions.reachable("a disk that had lost writes was found well again");
    this.stored(bytes.length, lossCount);
  }
}

/** Of no node: their ids hold no slash. */
const PROBE_KEY = Buffer.from("probe/");
