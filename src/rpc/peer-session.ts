/*
 * One connection to a peer, the requester's end, from dial to close.
 *
 * While the hello is unanswered calls wait; then they are written at once into the batch of the turn, which goes out at the turn's end. What
 * ends a call says what the peer may know of it: until its batch was handed to the network it is `not-sent`, afterwards `lost` or
 * `timeout`.
 *
 * Dialling through a black hole succeeds and its connection never closes, so two clocks run against silence: the hello must be answered
 * in time, and a connection on which calls are given up while not one byte arrives is dropped (it may lead into a hole that is gone).
 */
import { FormatError } from "../base/binary.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Connection } from "../env/transport.ts";
import { FRAME_KINDS } from "../protocol/frame-kinds.ts";
import { FrameReader, FrameWriter } from "../protocol/framing.ts";
import type { HelloIdentity } from "../protocol/hello.ts";
import {
  checkHello,
  decodeHelloAck,
  decodeHelloReject,
  encodeHello,
  HELLO_FRAME_BYTES_MAX,
  makeHello,
} from "../protocol/hello.ts";
import type { Hello } from "../protocol/messages.ts";
import { readReply } from "../protocol/reply-codec.ts";
import { requestSizeBytes, writeRequest } from "../protocol/request-codec.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import { PeerClock } from "./peer-clock.ts";
import type { CallHolder, PendingCall } from "./pending-call.ts";
import type { RejectionLog } from "./rejection-log.ts";
import type { RpcLimits } from "./rpc-limits.ts";

/** What all connections of one client have in common. */
export interface SessionShared {
  readonly env: Environment;
  readonly identity: HelloIdentity;
  readonly addressOf: (peer: NodeId) => string | undefined;
  readonly onHello: (hello: Hello) => void;
  readonly onBytes: (peer: NodeId) => void;
  readonly limits: RpcLimits;
  readonly wheel: DeadlineWheel;
  readonly rejections: RejectionLog;
  readonly metrics: {
    readonly dials: Counter;
    readonly framesSent: Counter;
    readonly framesReceived: Counter;
    readonly bytesSent: Counter;
    readonly bytesReceived: Counter;
    readonly timeouts: Counter;
    readonly notSent: Counter;
    readonly lost: Counter;
    readonly rejected: Counter;
  };
}

export interface SessionEvents {
  onGreeted(): void;
  /** The session is over. `failed`: do not dial again at once. */
  onEnd(failed: boolean): void;
}

export class PeerSession implements CallHolder {
  readonly #shared: SessionShared;
  readonly #peer: NodeId;
  readonly #events: SessionEvents;
  readonly #connection: Connection;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #hello: Hello;
  readonly #helloTimer: Timer;
  #greeted = false;
  #greetedMs = 0;
  /** Of the requests; known once we are greeted. */
  #protocol = 0;
  #peerClock = new PeerClock({ sentMs: 0, clock: 0 });
  #over = false;
  /** Calls until the hello was answered, in order. */
  #waiting = new Set<PendingCall>();
  #waitingBytes = 0;
  /** Calls that were written, by their id on the wire. */
  #inFlight = new Map<number, PendingCall>();
  /** How many calls were written, and how many of them were handed to the network. */
  #written = 0;
  #flushed = 0;
  #flushDeferred = false;
  /** Since when bytes are owed to us; undefined where none are. */
  #silentSinceMs: number | undefined;
  /** A call was given up since the last byte came. */
  #gaveUp = false;

  constructor(shared: SessionShared, peer: NodeId, address: string, events: SessionEvents) {
    const { env, identity, limits, metrics } = shared;
    this.#shared = shared;
    this.#peer = peer;
    this.#events = events;
    this.#writer = new FrameWriter(limits.frameBytesMax);
    this.#reader = new FrameReader(HELLO_FRAME_BYTES_MAX, (kind, id, body) =>
      this.#onFrame(kind, id, body),
    );
    this.#hello = makeHello(identity);
    this.#helloTimer = env.clock.setTimer(limits.helloTimeoutMs, () => {
      env.assertions.reachable("a hello was not answered in time");
      this.end(`no answer to the hello in ${limits.helloTimeoutMs} ms`, { failed: true });
    });
    metrics.dials.increment();
    this.#connection = env.transport.connect(address, {
      onOpen: () => this.#sendHello(),
      onData: (bytes) => this.#onData(bytes),
      onClose: (cause) => {
        const how = cause === undefined ? "the connection was closed" : cause.message;
        this.end(`${how} (${address})`, { failed: true });
      },
    });
  }

  get callCount(): number {
    return this.#waiting.size + this.#inFlight.size;
  }

  get queuedBytes(): number {
    return this.#waitingBytes + this.#writer.sizeBytes + this.#connection.bufferedBytes();
  }

  /** Accepts a call, or gives the reason why not. */
  take(call: PendingCall, nowMs: number): string | undefined {
    const { limits } = this.#shared;
    if (this.callCount >= limits.callsMax) return `${limits.callsMax} calls are under way`;
    if (this.queuedBytes >= limits.queueBytesMax) {
      return `${this.queuedBytes} bytes wait to be sent`;
    }
    if (this.#greeted) {
      const reason = this.#write(call, nowMs);
      if (reason !== undefined) return reason;
    } else {
      this.#waiting.add(call);
      this.#waitingBytes += requestSizeBytes(call.request);
    }
    call.holder = this;
    return undefined;
  }

  /** Forgets a call whose time ran out or that was cancelled. True where the peer may have it, or will. */
  #giveUp(call: PendingCall): boolean {
    if (this.#waiting.delete(call)) {
      this.#waitingBytes -= requestSizeBytes(call.request);
      return false;
    }
    this.#inFlight.delete(call.sequence % WIRE_IDS);
    this.#gaveUp = true;
    return true;
  }

  onTimeout(call: PendingCall): void {
    const { env, metrics } = this.#shared;
    const mayHaveIt = this.#giveUp(call);
    if (mayHaveIt) {
      metrics.timeouts.increment();
      call.settle({ kind: "timeout" });
    } else {
      env.assertions.reachable("a call got no connection in time");
      metrics.notSent.increment();
      const reason = `Cannot call node ${this.#peer}: no connection in time`;
      call.settle({ kind: "not-sent", reason });
    }
    this.dropIfSilent(env.clock.monotonicMs());
  }

  dropIfSilent(nowMs: number): void {
    if (!this.#gaveUp || this.#silentSinceMs === undefined) return;
    const silentMs = nowMs - this.#silentSinceMs;
    if (silentMs < this.#shared.limits.silentRedialMs) return;
    this.#shared.env.assertions.reachable("a connection was dropped for silence");
    this.end(`not a byte came for ${Math.round(silentMs)} ms`, { failed: false });
  }

  /** Closes, and ends every call, in a later turn because a caller may be on the stack. */
  end(reason: string, { failed }: { failed: boolean }): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader.stop();
    this.#helloTimer.cancel();
    this.#connection.close();
    this.#events.onEnd(failed);
    const { env, metrics } = this.#shared;
    env.log.debug({ peer: this.#peer, reason, calls: this.callCount }, "RPC connection ended");
    const calls = [...this.#waiting, ...this.#inFlight.values()];
    this.#waiting = new Set();
    this.#inFlight = new Map();
    this.#waitingBytes = 0;
    const text = `Cannot call node ${this.#peer}: ${reason}`;
    env.clock.defer(() => {
      for (const call of calls) {
        const lost = call.sequence > 0 && call.sequence <= this.#flushed;
        if (call.settle({ kind: lost ? "lost" : "not-sent", reason: text })) {
          (lost ? metrics.lost : metrics.notSent).increment();
          const { assertions } = env;
          assertions.sometimes("a call that was sent was lost with its connection", lost);
          assertions.sometimes("a call ended with its connection before it was sent", !lost);
        }
      }
    });
  }

  onCancel(call: PendingCall): void {
    this.#shared.wheel.remove(call);
    this.#giveUp(call);
  }

  onSettled(call: PendingCall): void {
    this.#shared.wheel.remove(call);
  }

  #sendHello(): void {
    if (this.#over) return;
    this.#greetedMs = this.#shared.env.clock.monotonicMs();
    this.#writer.begin(FRAME_KINDS.hello, 0);
    this.#writer.raw(encodeHello(this.#hello));
    this.#writer.end();
    this.#flush();
  }

  #onData(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#silentSinceMs = undefined;
    this.#gaveUp = false;
    if (this.#greeted) this.#shared.onBytes(this.#peer);
    this.#shared.metrics.bytesReceived.increment(bytes.length);
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#shared.env.log.warn({ peer: this.#peer, reason: error.message }, "closed a connection");
      this.end(error.message, { failed: true });
    }
    // More is owed, from now on.
    if (this.#inFlight.size > 0 && !this.#over) {
      this.#silentSinceMs = this.#shared.env.clock.monotonicMs();
    }
  }

  #onFrame(kind: number, id: number, body: Buffer): void {
    this.#shared.metrics.framesReceived.increment();
    if (!this.#greeted) {
      this.#onHelloAnswer(kind, body);
      return;
    }
    const { reply, clock } = readReply(kind, body, this.#protocol);
    const { assertions } = this.#shared.env;
    const call = this.#inFlight.get(id);
    if (call === undefined) {
      // Or for none; only the peer knows.
      assertions.reachable("a reply came for a call that was given up");
      return;
    }
    this.#inFlight.delete(id);
    if (clock !== undefined) {
      const receivedMs = this.#shared.env.clock.monotonicMs();
      this.#peerClock.observe({ sentMs: call.sentMs, receivedMs, clock });
    }
    const settled = call.settle({ kind: "reply", reply });
    assertions.always("a call in flight has no outcome yet", settled);
  }

  #onHelloAnswer(kind: number, body: Buffer): void {
    if (kind === FRAME_KINDS.helloReject) {
      this.#reject(`it refused the connection: ${decodeHelloReject(body)}`);
      return;
    }
    if (kind !== FRAME_KINDS.helloAck) {
      throw new FormatError(`Cannot read the answer to a hello: its kind is ${kind}`);
    }
    const { protocol, clock, hello } = decodeHelloAck(body);
    const verdict = checkHello(hello, this.#shared.identity, {
      answered: this.#hello,
      expected: this.#peer,
    });
    if ("reason" in verdict) {
      this.#reject(verdict.reason);
      return;
    }
    this.#greeted = true;
    this.#protocol = protocol;
    this.#peerClock = new PeerClock({ sentMs: this.#greetedMs, clock });
    this.#helloTimer.cancel();
    this.#reader.frameBytesMax = this.#shared.limits.frameBytesMax;
    this.#events.onGreeted();
    this.#shared.onHello(hello);
    this.#writeWaiting();
  }

  #reject(reason: string): void {
    const { metrics, rejections } = this.#shared;
    metrics.rejected.increment();
    rejections.warn(this.#peer, reason);
    this.end(reason, { failed: true });
  }

  #writeWaiting(): void {
    const { env } = this.#shared;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    this.#waitingBytes = 0;
    const nowMs = env.clock.monotonicMs();
    for (const call of waiting) {
      const reason = this.#write(call, nowMs);
      if (reason !== undefined) {
        this.#shared.metrics.notSent.increment();
        const text = `Cannot call node ${this.#peer}: ${reason}`;
        call.settle({ kind: "not-sent", reason: text, isOurFault: true });
      }
    }
  }

  #write(call: PendingCall, nowMs: number): string | undefined {
    const sequence = this.#written + 1;
    const form = { protocol: this.#protocol, due: this.#peerClock.latestOnWire(call.dueMs) };
    try {
      writeRequest(this.#writer, sequence % WIRE_IDS, call.request, form);
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
    this.#written = sequence;
    call.sequence = sequence;
    call.sentMs = nowMs;
    this.#inFlight.set(sequence % WIRE_IDS, call);
    this.#silentSinceMs ??= nowMs;
    this.#shared.metrics.framesSent.increment();
    if (!this.#flushDeferred) {
      this.#flushDeferred = true;
      this.#shared.env.clock.defer(this.#flush);
    }
    return undefined;
  }

  readonly #flush = (): void => {
    this.#flushDeferred = false;
    if (this.#over) return;
    this.#shared.metrics.bytesSent.increment(this.#writer.sizeBytes);
    this.#flushed = this.#written;
    for (const chunk of this.#writer.take()) this.#connection.send(chunk);
  };
}

/** Ids on the wire are a call's number in its connection, which begins anew after so many. */
const WIRE_IDS = 2 ** 32;
