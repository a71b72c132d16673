/**
 * Byte strings by name, as many as their bytes allow, the ones used last. Two tables take turns: what is used comes to the younger one, and
 * once that is half of all that is allowed the older one goes at once. So a look-up moves nothing but what was not used for a while, where
 * an order by last use would move something at each.
 */
export class TwoGenerations {
  readonly #generationBytesMax: number;
  readonly #gaveUp: () => void;
  #young = new Generation();
  #old = new Generation();

  /** `gaveUp` is told whenever the older table went with something in it. */
  constructor(sizeBytesMax: number, gaveUp: () => void = () => {}) {
    this.#generationBytesMax = sizeBytesMax / 2;
    this.#gaveUp = gaveUp;
  }

  get count(): number {
    return this.#young.values.size + this.#old.values.size;
  }

  /** What all of them take, names and tables as far as can be estimated. */
  get sizeBytes(): number {
    return this.#young.sizeBytes + this.#old.sizeBytes;
  }

  get(name: string): Uint8Array | undefined {
    const young = this.#young.values.get(name);
    if (young !== undefined) return young;
    const old = this.#old.values.get(name);
    if (old === undefined) return undefined;
    this.#old.delete(name);
    this.#add(name, old);
    return old;
  }

  /** Counts as no use. */
  has(name: string): boolean {
    return this.#young.values.has(name) || this.#old.values.has(name);
  }

  set(name: string, value: Uint8Array): void {
    this.delete(name);
    if (sizeOf(name, value) <= this.#generationBytesMax) this.#add(name, value);
  }

  delete(name: string): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }

  clear(): void {
    this.#young = new Generation();
    this.#old = new Generation();
  }

  #add(name: string, value: Uint8Array): void {
    if (this.#young.sizeBytes + sizeOf(name, value) > this.#generationBytesMax) {
      if (this.#old.values.size > 0) this.#gaveUp();
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(name, value);
  }
}

class Generation {
  readonly values = new Map<string, Uint8Array>();
  sizeBytes = 0;

  add(name: string, value: Uint8Array): void {
    this.values.set(name, value);
    this.sizeBytes += sizeOf(name, value);
  }

  delete(name: string): void {
    const value = this.values.get(name);
    if (value === undefined) return;
    this.values.delete(name);
    this.sizeBytes -= sizeOf(name, value);
  }
}

/** A place in a table, a string, a byte string and the memory behind it, as measured. */
const OVERHEAD_BYTES = 400;

function sizeOf(name: string, value: Uint8Array): number {
  return name.length + value.length + OVERHEAD_BYTES;
}
