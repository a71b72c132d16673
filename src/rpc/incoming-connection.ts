/*
 * The server's end of one connection: hello, then any number of requests at once, each answered on this connection under its own id.
 * What cannot be read closes the connection, for after garbage no frame border can be trusted.
 */
import { FormatError } from "../base/binary.ts";
import { BytesMemo } from "../base/bytes-memo.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Connection, ConnectionHandlers } from "../env/transport.ts";
import { DynamoError } from "../protocol/errors.ts";
import { FRAME_KINDS } from "../protocol/frame-kinds.ts";
import { FrameReader, FrameWriter } from "../protocol/framing.ts";
import type { HelloIdentity } from "../protocol/hello.ts";
import {
  checkHello,
  decodeHello,
  encodeHelloAck,
  encodeHelloReject,
  HELLO_FRAME_BYTES_MAX,
  makeHello,
} from "../protocol/hello.ts";
import type { Hello, Reply } from "../protocol/messages.ts";
import { writeReply } from "../protocol/reply-codec.ts";
import type { StampTable } from "../protocol/request-codec.ts";
import { readRequest } from "../protocol/request-codec.ts";
import type { RequestHandler } from "./contract.ts";
import { clockOnWire, remainingMs } from "./peer-clock.ts";
import type { RejectionLog } from "./rejection-log.ts";
import type { RpcLimits } from "./rpc-limits.ts";

/** What all connections of one server have in common. */
export interface IncomingShared {
  readonly env: Environment;
  readonly identity: HelloIdentity;
  readonly handler: RequestHandler;
  readonly onHello: (hello: Hello) => void;
  /** A connection got to know its peer. */
  readonly onGreeted: (from: NodeId) => void;
  readonly limits: RpcLimits;
  readonly rejections: RejectionLog;
  readonly metrics: {
    readonly framesSent: Counter;
    readonly framesReceived: Counter;
    readonly bytesSent: Counter;
    readonly bytesReceived: Counter;
    readonly overloaded: Counter;
    readonly late: Counter;
    readonly badFrames: Counter;
    readonly rejected: Counter;
  };
}

export class IncomingConnection implements ConnectionHandlers {
  readonly #shared: IncomingShared;
  readonly #connection: Connection;
  readonly #onEnd: () => void;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #helloTimer: Timer;
  readonly #stamps: StampTable = new BytesMemo();
  #from: NodeId | undefined;
  /** Of the requests; known with `#from`. */
  #protocol = 0;
  #over = false;
  #servedCount = 0;
  #flushDeferred = false;

  constructor(shared: IncomingShared, connection: Connection, onEnd: () => void) {
    const { env, limits } = shared;
    this.#shared = shared;
    this.#connection = connection;
    this.#onEnd = onEnd;
    this.#writer = new FrameWriter(limits.frameBytesMax);
    this.#reader = new FrameReader(HELLO_FRAME_BYTES_MAX, (kind, id, body) =>
      this.#onFrame(kind, id, body),
    );
    this.#helloTimer = env.clock.setTimer(limits.helloTimeoutMs, () => {
      env.assertions.reachable("a connection brought no hello in time");
      this.#end();
    });
  }

  /** Who is at the other end; undefined until its hello was accepted. */
  get from(): NodeId | undefined {
    return this.#from;
  }

  /** Requests of this connection that were not answered yet. */
  get servedCount(): number {
    return this.#servedCount;
  }

  onOpen(): void {}

  onData(bytes: Uint8Array): void {
    if (this.#over) return;
    const { env, metrics } = this.#shared;
    metrics.bytesReceived.increment(bytes.length);
    try {
      this.#reader.push(bytes);
      env.assertions.sometimes("a frame came in pieces", this.#reader.midFrame);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      metrics.badFrames.increment();
      env.log.debug({ peer: this.#from, reason: error.message }, "closed an RPC connection");
      if (this.#from === undefined) this.#reject("unknown", error.message);
      else this.#end();
    }
  }

  onClose(): void {
    this.#end();
  }

  /** Ends it after the replies that wait here; requests being served are not answered. */
  close(): void {
    if (this.#flushDeferred) this.#flush();
    this.#end();
  }

  #onFrame(kind: number, id: number, body: Buffer): void {
    const { handler, limits, metrics } = this.#shared;
    metrics.framesReceived.increment();
    if (this.#from === undefined) {
      this.#onHello(kind, body);
      return;
    }
    const { request, due } = readRequest(kind, body, this.#protocol, this.#stamps);
    const deadlineMs = this.#deadlineMs(due);
    if (deadlineMs === undefined) return;
    if (this.#servedCount >= limits.servedMax) {
      metrics.overloaded.increment();
      const message = `Cannot serve the request: ${limits.servedMax} of this connection are under way`;
      this.#send(id, { type: "error-reply", code: "overloaded", message });
      return;
    }
    this.#servedCount++;
    let answered = false;
    const respond = (reply: Reply): void => {
      if (answered) return;
      answered = true;
      this.#servedCount--;
      this.#send(id, reply);
    };
    try {
      handler(this.#from, request, respond, deadlineMs);
    } catch (error) {
      if (!(error instanceof DynamoError)) throw error;
      respond({ type: "error-reply", code: error.code, message: error.message });
    }
  }

  /** Undefined where it has passed: whoever did now what is asked would do it behind everybody's back. */
  #deadlineMs(due: number | undefined): number | undefined {
    if (due === undefined) return Number.POSITIVE_INFINITY;
    const { env, metrics } = this.#shared;
    const nowMs = env.clock.monotonicMs();
    const leftMs = remainingMs(due, nowMs);
    if (leftMs >= 0) return nowMs + leftMs;
    env.assertions.reachable("a request came after its caller had given it up");
    metrics.late.increment();
    return undefined;
  }

  #onHello(kind: number, body: Buffer): void {
    const { env, identity, limits, onGreeted, onHello } = this.#shared;
    if (kind !== FRAME_KINDS.hello) {
      throw new FormatError(`Cannot read a hello: the first frame is of kind ${kind}`);
    }
    const hello = decodeHello(body);
    const verdict = checkHello(hello, identity);
    if ("reason" in verdict) {
      this.#reject(hello.nodeId, verdict.reason);
      return;
    }
    this.#helloTimer.cancel();
    this.#from = hello.nodeId;
    this.#protocol = verdict.protocol;
    this.#reader.frameBytesMax = limits.frameBytesMax;
    this.#writer.begin(FRAME_KINDS.helloAck, 0);
    this.#writer.raw(
      encodeHelloAck({
        protocol: verdict.protocol,
        clock: clockOnWire(env.clock.monotonicMs()),
        hello: makeHello(identity, hello),
      }),
    );
    this.#writer.end();
    this.#flush();
    onGreeted(hello.nodeId);
    onHello(hello);
  }

  #reject(peer: string, reason: string): void {
    const { env, metrics, rejections } = this.#shared;
    env.assertions.reachable("a hello was refused");
    metrics.rejected.increment();
    rejections.warn(peer, reason);
    this.#writer.begin(FRAME_KINDS.helloReject, 0);
    this.#writer.raw(encodeHelloReject(reason));
    this.#writer.end();
    this.#flush();
    this.#end();
  }

  #send(id: number, reply: Reply): void {
    const { env, metrics } = this.#shared;
    if (this.#over) {
      env.assertions.reachable("a request was answered after its connection ended");
      return;
    }
    const form = { protocol: this.#protocol, clock: clockOnWire(env.clock.monotonicMs()) };
    try {
      writeReply(this.#writer, id, reply, form);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      env.log.error({ peer: this.#from, reason: error.message }, "cannot send a reply");
      const { message } = error;
      writeReply(this.#writer, id, { type: "error-reply", code: "internal", message }, form);
    }
    metrics.framesSent.increment();
    if (this.#flushDeferred) return;
    this.#flushDeferred = true;
    env.clock.defer(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushDeferred = false;
    if (this.#over) return;
    const { env, limits, metrics } = this.#shared;
    metrics.bytesSent.increment(this.#writer.sizeBytes);
    for (const chunk of this.#writer.take()) this.#connection.send(chunk);
    const waitingBytes = this.#connection.bufferedBytes();
    if (waitingBytes > limits.queueBytesMax) {
      env.log.warn({ peer: this.#from, waitingBytes }, "closed a peer that reads no replies");
      this.#end();
    }
  };

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader.stop();
    this.#helloTimer.cancel();
    this.#connection.close();
    this.#onEnd();
  }
}
