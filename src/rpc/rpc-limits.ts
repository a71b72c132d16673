/** Every bound of the RPC layer. Raising one costs memory, lowering one sheds load earlier. */
export interface RpcLimits {
  /** Largest frame sent or read after the hello. It must hold the largest record: all siblings of a key. */
  readonly frameBytesMax: number;
  /** Bytes a connection may have waiting to be sent; beyond, calls are `not-sent` and a peer that reads no replies is cut off. */
  readonly queueBytesMax: number;
  /** Calls under way or queued for one peer; beyond, calls are `not-sent`. */
  readonly callsMax: number;
  /** Requests of one connection being served; beyond, they are answered `overloaded`. */
  readonly servedMax: number;
  /**
   * Connections of one peer served at once; one more closes the oldest. A peer needs one: the others are leftovers of cuts that
   * swallowed their end.
   */
  readonly connectionsPerPeerMax: number;
  /** How long a new connection may take to exchange hellos. */
  readonly helloTimeoutMs: number;
  /** A connection on which calls are given up while no byte came for this long is closed and dialled again. */
  readonly silentRedialMs: number;
  /** After a failed dial calls fail at once for this long, doubled with each further failure, up to the maximum. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

export const RPC_LIMITS: RpcLimits = {
  frameBytesMax: 64 * 1_024 * 1_024,
  queueBytesMax: 64 * 1_024 * 1_024,
  callsMax: 16_384,
  servedMax: 4_096,
  connectionsPerPeerMax: 8,
  helloTimeoutMs: 1_500,
  silentRedialMs: 1_500,
  backoffMinMs: 10,
  backoffMaxMs: 200,
};
