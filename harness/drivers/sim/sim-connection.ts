import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { Connection, ConnectionHandlers } from "../../../src/env/transport.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Lane, SimLink } from "./sim-link.ts";
import type { SimProcess } from "./sim-process.ts";

/** The way of one connection: the links in both directions, and where they lead. */
export interface Way {
  readonly dialler: string;
  readonly target: string;
  readonly up: SimLink;
  readonly down: SimLink;
}

/** Told of every batch of bytes; what it returns is told when they arrive. */
export type OnBytes = (
  message: { readonly connection: number; readonly from: string; readonly to: string },
  bytes: Uint8Array,
) => (() => void) | undefined;

/** Told when an end that dialled sends although it has waited in vain, for so many milliseconds, to hear anything. */
export type OnSilence = (way: Way, silentMs: number) => void;

export interface SimConnectionParts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly way: Way;
  /** Unique in the run. */
  readonly number: number;
  /** Bytes arrive in pieces cut anywhere. */
  readonly chopped: boolean;
  readonly onBytes: OnBytes | undefined;
  readonly onSilence: OnSilence | undefined;
  readonly onOver: (connection: SimConnection) => void;
}

const PIECES_MAX = 3;
/** Shorter silences are nothing to tell of. */
const SILENCE_MS = 1_000;

/** One connection over a simulated network: two ends, and bytes that keep their order in each direction. */
export class SimConnection {
  readonly way: Way;
  readonly dialler: SimEnd;
  readonly accepter: SimEnd;
  readonly #parts: SimConnectionParts;
  #broken = false;

  constructor(parts: SimConnectionParts) {
    this.way = parts.way;
    this.#parts = parts;
    const { up, down, dialler, target } = parts.way;
    this.dialler = new SimEnd(this, { link: up, from: dialler, to: target });
    this.accepter = new SimEnd(this, { link: down, from: target, to: dialler });
    this.dialler.peer = this.accepter;
    this.accepter.peer = this.dialler;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  /** Both ends learn that it broke, each a moment later; what was under way is gone. */
  break(reason: string): void {
    if (this.#broken) return;
    this.#broken = true;
    const error = new Error(reason);
    for (const end of [this.dialler, this.accepter]) {
      this.#parts.scheduler.defer(() => end.closed(error));
    }
    this.#parts.onOver(this);
  }

  /** Forgets the connection once neither end is open; an end that nobody took yet holds nothing. */
  endClosed(): void {
    const { dialler, accepter } = this;
    if (dialler.isClosed && (accepter.isClosed || accepter.process === undefined)) {
      this.#parts.onOver(this);
    }
  }

  send(end: SimEnd, bytes: Uint8Array): void {
    if (end === this.dialler) this.#noteSilence(end);
    const { chopped, onBytes, number } = this.#parts;
    const { from, to } = end.route;
    const arrived = onBytes?.({ connection: number, from, to }, bytes);
    if (!chopped) {
      this.#carry(end, bytes, arrived);
      return;
    }
    const pieces = this.#chop(bytes);
    for (const [position, piece] of pieces.entries()) {
      this.#carry(end, piece, position === pieces.length - 1 ? arrived : undefined);
    }
  }

  #carry(end: SimEnd, bytes: Uint8Array, arrived: (() => void) | undefined): void {
    if (arrived === undefined) {
      if (end.route.link.carry(bytes.length, end.lane, end.arrive)) end.underWay.push(bytes);
      return;
    }
    end.route.link.carry(bytes.length, end.lane, () => {
      arrived();
      if (!this.#broken) end.peer?.receive(bytes);
    });
  }

  /** The other end learns of the closing after everything that was sent before it. */
  sendEnd(end: SimEnd): void {
    end.route.link.carry(0, end.lane, () => {
      if (!this.#broken) end.peer?.closed(undefined);
    });
  }

  /** A process that was paused heard nothing, whatever came: it waits anew. */
  #noteSilence(end: SimEnd): void {
    const nowMs = this.#parts.scheduler.monotonicMs();
    const pauseCount = end.process?.pauseCount ?? 0;
    if (end.waitsSinceMs === undefined || end.waitsSincePause !== pauseCount) {
      end.waitsSinceMs = nowMs;
      end.waitsSincePause = pauseCount;
    } else if (nowMs - end.waitsSinceMs > SILENCE_MS) {
      this.#parts.onSilence?.(this.way, nowMs - end.waitsSinceMs);
    }
  }

  later(callback: () => void): void {
    this.#parts.scheduler.defer(callback);
  }

  #chop(bytes: Uint8Array): readonly Uint8Array[] {
    const { random } = this.#parts;
    const pieces: Uint8Array[] = [];
    let start = 0;
    while (start < bytes.length) {
      const restBytes = bytes.length - start;
      const isLast = pieces.length === PIECES_MAX - 1;
      const sizeBytes = isLast ? restBytes : 1 + random.integer(restBytes);
      // The receiver may keep what it gets, as it may keep what a socket gives it.
      pieces.push(bytes.subarray(start, start + sizeBytes));
      start += sizeBytes;
    }
    return pieces;
  }
}

/** One end of a connection, as its process holds it. */
export class SimEnd implements Connection {
  readonly route: { readonly link: SimLink; readonly from: string; readonly to: string };
  readonly lane: Lane = { lastDueMs: 0 };
  peer: SimEnd | undefined;
  /** Undefined until the end belongs to a process that has accepted or dialled it. */
  process: SimProcess | undefined;
  handlers: ConnectionHandlers | undefined;
  /** When it sent something after the last time that it heard anything, and how often its process had been paused by then. */
  waitsSinceMs: number | undefined;
  waitsSincePause = 0;
  /** What it sent and has not arrived: a lane keeps the order, so that one function brings all of it, each time the next. */
  readonly underWay: Uint8Array[] = [];
  readonly #connection: SimConnection;
  #closed = false;

  constructor(connection: SimConnection, route: SimEnd["route"]) {
    this.#connection = connection;
    this.route = route;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Gives the end to a process; it closes with it. */
  belongTo(process: SimProcess): void {
    this.process = process;
    process.onDeath(this.#onDeath);
  }

  readonly #onDeath = (): void => {
    if (this.#closed) return;
    this.#close();
    this.#connection.sendEnd(this);
  };

  /** The next bytes that are under way come to the other end. */
  readonly arrive = (): void => {
    const bytes = this.underWay.shift();
    if (bytes !== undefined && !this.#connection.isBroken) this.peer?.receive(bytes);
  };

  send(bytes: Uint8Array): void {
    if (!this.#closed && !this.#connection.isBroken) this.#connection.send(this, bytes);
  }

  bufferedBytes(): number {
    return 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#close();
    this.#connection.sendEnd(this);
    this.#connection.later(() => this.process?.enter(() => this.handlers?.onClose(undefined)));
  }

  opened(): void {
    this.process?.enter(() => {
      if (!this.#closed) this.handlers?.onOpen();
    });
  }

  receive(bytes: Uint8Array): void {
    if (!this.#closed) this.process?.enterWith(this.#take, bytes);
  }

  readonly #take = (bytes: Uint8Array): void => {
    if (this.#closed) return;
    this.waitsSinceMs = undefined;
    this.handlers?.onData(bytes);
  };

  /** The other end closed, or the connection broke. */
  closed(reason: Error | undefined): void {
    if (this.#closed) return;
    this.process?.enter(() => {
      if (this.#closed) return;
      // A socket whose other end closed closes too; the other end knows.
      this.#close();
      this.handlers?.onClose(reason);
    });
  }

  #close(): void {
    this.#closed = true;
    this.process?.offDeath(this.#onDeath);
    this.#connection.endClosed();
  }
}
