/** One end of an ordered, reliable byte stream. */
export interface Connection {
  /** Queues bytes for sending; the caller must not change them afterwards. Ignored once closed. */
  send(bytes: Uint8Array): void;
  /** Bytes queued here that the network has not taken yet. */
  bufferedBytes(): number;
  /** Closes both directions; `onClose` follows exactly once. */
  close(): void;
}

/** What a connection tells its user, always from a later turn than the call that caused it. */
export interface ConnectionHandlers {
  /** The connection can carry bytes. Through a proxy this says nothing about the node behind it. */
  onOpen(): void;
  /** Bytes arrived; they are the receiver's to keep. */
  onData(bytes: Uint8Array): void;
  /** The connection ended, or could not be opened. Called exactly once, last. */
  onClose(reason: Error | undefined): void;
}

export interface Listener {
  /** The address it listens on, `host:port`, with the real port. */
  readonly address: string;
  /** Stops accepting and closes every connection that was accepted here. */
  close(): Promise<void>;
}

export interface Transport {
  /** Begins to open a connection to `address` (`host:port`). Failure arrives as `onClose`. */
  connect(address: string, handlers: ConnectionHandlers): Connection;
  /** Listens on `address`; rejects when it cannot. `accept` returns the handlers of each new connection. */
  listen(
    address: string,
    accept: (connection: Connection) => ConnectionHandlers,
  ): Promise<Listener>;
}
