/** Chance as the node sees it. In a simulation every draw descends from one seed. */
export interface Random {
  /** A whole number, uniform in [0, 2^32). */
  uint32(): number;
  /** A number, uniform in [0, 1). */
  float(): number;
  /** Fresh random bytes; unpredictable in production. */
  bytes(length: number): Uint8Array;
}
