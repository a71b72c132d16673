/**
 * Problem: each connection may bring a body up to its limit, and there are thousands of connections; their sum is what the node's memory
 * has to hold.
 * Sketch: one count of the bytes that have come and are still needed, from a body's first byte to the answer. What was announced and has
 * not come counts for nothing, or whoever announces and sends nothing would keep all others out.
 */
export class BodyRoom {
  readonly #bytesMax: number;
  #bytesHeld = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytesHeld(): number {
    return this.#bytesHeld;
  }

  /** Whether so many bytes more would find room now; keeps none of it. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytesHeld + bytes <= this.#bytesMax;
  }

  /** What one body takes of it, nothing at first. */
  share(): BodyShare {
    let taken = 0;
    return {
      take: (bytes) => {
        if (!this.hasRoomFor(bytes)) return false;
        taken += bytes;
        this.#bytesHeld += bytes;
        return true;
      },
      giveBack: () => {
        this.#bytesHeld -= taken;
        taken = 0;
      },
    };
  }
}

export interface BodyShare {
  /** False where there is no room for so many bytes more; then none were taken. */
  take(bytes: number): boolean;
  /** All that was taken. Once more does nothing. */
  giveBack(): void;
}
