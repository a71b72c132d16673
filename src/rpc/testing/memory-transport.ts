import type { Clock } from "../../env/clock.ts";
import type { Connection, ConnectionHandlers, Listener, Transport } from "../../env/transport.ts";

/** Which bytes of a link vanish: towards the listener, towards the dialler, or both. */
export type Hole = "upstream" | "downstream" | "both";

/**
 * A network in memory for tests. Everything arrives in a later turn of the clock, in order. Links are named by the address that was
 * dialled: they can be refused, turned into black holes (bytes vanish, nothing closes), closed, and slowed.
 */
export class MemoryNetwork implements Transport {
  /** Cuts sent bytes into the chunks that arrive; their concatenation must be the same bytes. */
  chunk: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes];
  /** Time from one end to the other. */
  delayMs = 0;
  /** Every address dialled, in order. */
  readonly dials: string[] = [];
  readonly #clock: Clock;
  /** Address dialled to address listened on, where they differ: gives each pair of nodes a link of its own. */
  readonly routes = new Map<string, string>();
  readonly #listeners = new Map<string, (connection: Connection) => ConnectionHandlers>();
  readonly #holes = new Map<string, Hole>();
  readonly #pipes = new Set<MemoryPipe>();
  #nextPort = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(address: string, handlers: ConnectionHandlers): Connection {
    this.dials.push(address);
    const pipe = new MemoryPipe(this, this.#clock, address, () => this.#pipes.delete(pipe));
    this.#pipes.add(pipe);
    pipe.dialler.handlers = handlers;
    this.#clock.defer(() => {
      const accept = this.#listeners.get(this.routes.get(address) ?? address);
      if (accept === undefined) {
        pipe.close(new Error(`Cannot dial ${address}: connection refused`));
        return;
      }
      pipe.accepter.handlers = accept(pipe.accepter);
      pipe.accepter.handlers.onOpen();
      handlers.onOpen();
    });
    return pipe.dialler;
  }

  async listen(
    address: string,
    accept: (connection: Connection) => ConnectionHandlers,
  ): Promise<Listener> {
    const bound = address.replace(/:0$/, () => `:${this.#nextPort++}`);
    if (this.#listeners.has(bound)) throw new Error(`Cannot listen on ${bound}: it is in use`);
    this.#listeners.set(bound, accept);
    return {
      address: bound,
      close: async () => {
        this.#listeners.delete(bound);
        this.closeLinks(bound);
      },
    };
  }

  /** Bytes of this address's links vanish from now on, on links open now and later. */
  blackHole(address: string, hole: Hole = "both"): void {
    this.#holes.set(address, hole);
  }

  /** Ends a black hole and closes its links, as Toxiproxy does when a timeout toxic is removed. */
  heal(address: string): void {
    this.#holes.delete(address);
    this.closeLinks(address);
  }

  closeLinks(address: string): void {
    for (const pipe of this.#pipes) if (pipe.address === address) pipe.close(undefined);
  }

  get openCount(): number {
    return this.#pipes.size;
  }

  swallows(address: string, direction: Hole): boolean {
    const hole = this.#holes.get(address);
    return hole === "both" || hole === direction;
  }
}

class MemoryPipe {
  readonly dialler: MemoryEnd;
  readonly accepter: MemoryEnd;
  readonly address: string;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  #closed = false;

  constructor(network: MemoryNetwork, clock: Clock, address: string, onClosed: () => void) {
    this.address = address;
    this.#clock = clock;
    this.#onClosed = onClosed;
    const carry = (direction: Hole, to: () => MemoryEnd) => (bytes: Uint8Array) => {
      if (this.#closed || network.swallows(address, direction)) return;
      const deliver = (): void => {
        if (network.swallows(address, direction)) return;
        for (const piece of network.chunk(bytes)) to().receive(piece);
      };
      if (network.delayMs > 0) clock.setTimer(network.delayMs, deliver);
      else clock.defer(deliver);
    };
    this.dialler = new MemoryEnd(
      carry("upstream", () => this.accepter),
      () => this.close(undefined),
    );
    this.accepter = new MemoryEnd(
      carry("downstream", () => this.dialler),
      () => this.close(undefined),
    );
  }

  close(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    // Bytes sent before arrive before, as they would on a wire.
    this.#clock.defer(() => {
      this.#onClosed();
      this.dialler.closed(reason);
      this.accepter.closed(reason);
    });
  }
}

class MemoryEnd implements Connection {
  handlers: ConnectionHandlers | undefined;
  readonly #carry: (bytes: Uint8Array) => void;
  readonly #close: () => void;
  #isClosed = false;

  constructor(carry: (bytes: Uint8Array) => void, close: () => void) {
    this.#carry = carry;
    this.#close = close;
  }

  send(bytes: Uint8Array): void {
    this.#carry(bytes);
  }

  bufferedBytes(): number {
    return 0;
  }

  close(): void {
    this.#close();
  }

  receive(bytes: Uint8Array): void {
    if (!this.#isClosed) this.handlers?.onData(bytes);
  }

  closed(reason: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handlers?.onClose(reason);
  }
}
