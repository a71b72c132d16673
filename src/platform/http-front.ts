/*
 * What becomes of one request or broken request on node:http, between its head and its answer.
 *
 * A refusal for a broken request may only be written while no whole request of the connection waits for its answer: a client that
 * pipelines would take it for the answer to the earlier one, and a definite error for a write that happens would be a lie.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { bufferOf } from "../base/bytes.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { HttpHandler, HttpLimits, HttpResponse } from "../http/exchange.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { DynamoError } from "../protocol/errors.ts";
import { problemResponse } from "../protocol/problem-response.ts";
import { boundAnswerTime } from "./answer-time.ts";
import { BodyPieces } from "./body-pieces.ts";
import type { BodyShare } from "./body-room.ts";
import { BodyRoom } from "./body-room.ts";
import { pathOf, plainRequest } from "./plain-request.ts";
import { LINGER_MS, refuseBody } from "./refuse-body.ts";

/** Longest body that is turned into text to go out with the head. */
const TEXT_BYTES_MAX = 16 * 1_024;
const EMPTY = new Uint8Array(0);

interface ConnectionState {
  /** Requests that came and whose answers are not on their way. */
  pending: number;
  /** The one whose body is coming. */
  collecting: IncomingMessage | undefined;
  /** The last answer of the connection was written: nothing that still comes may be handled. */
  refused: boolean;
}

export interface FrontCounters {
  readonly requests: Counter;
  readonly refused: Counter;
  readonly shed: Counter;
  readonly stalled: Counter;
  readonly aborted: Counter;
}

export class HttpFront {
  /** Answers from now on close their connections. */
  closing = false;
  readonly #handler: HttpHandler;
  readonly #limits: HttpLimits;
  readonly #log: Environment["log"];
  readonly #counters: FrontCounters;
  readonly #room: BodyRoom;
  readonly #connections = new WeakMap<Duplex, ConnectionState>();

  constructor(
    handler: HttpHandler,
    limits: HttpLimits,
    log: Environment["log"],
    counters: FrontCounters,
  ) {
    this.#handler = handler;
    this.#limits = limits;
    this.#log = log;
    this.#counters = counters;
    this.#room = new BodyRoom(limits.heldBytesMax);
  }

  /** Of the bodies of all requests under way. */
  get bytesHeld(): number {
    return this.#room.bytesHeld;
  }

  onRequest(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const state = this.#stateOf(request.socket);
    state.pending++;
    const length = request.headers["content-length"];
    if (length === undefined && request.headers["transfer-encoding"] === undefined) {
      this.#handle(request, response, EMPTY, state);
      return;
    }
    // Node's parser has checked that the length is a number.
    const announcedBytes = length === undefined ? 0 : Number(length);
    const refusal = this.#refusalOf(request, announcedBytes, this.#room.hasRoomFor(announcedBytes));
    if (refusal !== undefined) {
      this.#refuseBody(request, response, state, refusal);
      return;
    }
    if (expectsContinue) response.writeContinue();
    if (length === "0") this.#handle(request, response, EMPTY, state);
    else this.#collect(request, response, state);
  }

  /** Why a body of so many bytes, or more, is not taken in; undefined where it is. */
  #refusalOf(
    request: IncomingMessage,
    sizeBytes: number,
    hasRoom: boolean,
  ): HttpResponse | undefined {
    const bytesMax = this.#bodyBytesMax(request);
    if (sizeBytes > bytesMax) {
      this.#counters.refused.increment();
      return problemResponse(
        "value-too-large",
        `Cannot take the body: the limit is ${bytesMax} bytes`,
      );
    }
    if (hasRoom) return undefined;
    this.#counters.shed.increment();
    return problemResponse(
      "overloaded",
      `Cannot take the body: requests under way have ${this.#room.bytesHeld} bytes, and at most ${this.#limits.heldBytesMax} are held`,
    );
  }

  #collect(request: IncomingMessage, response: ServerResponse, state: ConnectionState): void {
    state.collecting = request;
    const pieces = new BodyPieces();
    let sizeBytes = 0;
    let refused = false;
    const share = this.#room.share();
    const giveUp = (): void => {
      refused = true;
      pieces.clear();
      share.giveBack();
    };
    request.on("data", (chunk: Buffer) => {
      if (refused) return;
      // The request was late, and whoever sends on for all that is not heard.
      if (state.refused) {
        giveUp();
        return;
      }
      sizeBytes += chunk.length;
      const refusal = this.#refusalOf(request, sizeBytes, share.take(chunk.length));
      if (refusal === undefined) {
        pieces.add(chunk);
      } else {
        giveUp();
        this.#refuseBody(request, response, state, refusal);
      }
    });
    request.on("end", () => {
      if (refused) return;
      state.collecting = undefined;
      this.#handle(request, response, pieces.whole(), state, share);
    });
    // The client went away in mid-body, or was timed out: nothing was handed on and there is nobody to answer.
    request.on("error", () => {
      share.giveBack();
      this.#counters.aborted.increment();
    });
  }

  #bodyBytesMax(request: IncomingMessage): number {
    const { bodyBytesMax, bodyBytesMaxOf } = this.#limits;
    return bodyBytesMaxOf?.get(pathOf(request)) ?? bodyBytesMax;
  }

  #handle(
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    state: ConnectionState,
    share?: BodyShare,
  ): void {
    if (state.refused) {
      share?.giveBack();
      return;
    }
    this.#counters.requests.increment();
    const isHead = request.method === "HEAD";
    this.#handler(plainRequest(request, isHead ? "GET" : (request.method ?? "GET"), body)).then(
      (answer) => {
        share?.giveBack();
        this.#answer(response, answer, isHead);
        settle(response, state);
      },
      (error: unknown) => {
        share?.giveBack();
        this.#answer(response, this.#failureOf(error), isHead);
        settle(response, state);
      },
    );
  }

  #stateOf(socket: Duplex): ConnectionState {
    let state = this.#connections.get(socket);
    if (state === undefined) {
      state = { pending: 0, collecting: undefined, refused: false };
      this.#connections.set(socket, state);
    }
    return state;
  }

  /** A handler answers its operating errors itself; what else it throws is a bug, which one client must not turn into a crash. */
  #failureOf(error: unknown): HttpResponse {
    if (error instanceof DynamoError) return problemResponse(error.code, error.message);
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log.error({ error: detail }, "an HTTP request failed");
    return problemResponse("internal", "Cannot serve the request: an internal error, see the log");
  }

  #answer(response: ServerResponse, answer: HttpResponse, isHead: boolean): void {
    if (response.destroyed) return;
    const { status, headers, body } = answer;
    const raw: string[] = [];
    for (const name in headers) raw.push(name, headers[name] ?? "");
    if (status !== 204 && status !== 304) raw.push("Content-Length", String(body.length));
    if (this.closing) raw.push("Connection", "close");
    try {
      response.writeHead(status, raw);
    } catch (error) {
      // A header that HTTP cannot carry. The client learns nothing, which is the truth.
      this.#log.error({ status, raw, error: String(error) }, "cannot write an HTTP response");
      response.destroy();
      return;
    }
    if (isHead || body.length === 0) response.end();
    // A short body as Latin-1 text goes out in one piece with the head; as bytes it would be a second one.
    else if (body.length <= TEXT_BYTES_MAX)
      response.end(bufferOf(body).toString("latin1"), "latin1");
    else response.end(body);
    boundAnswerTime(response, this.#limits.responseTimeoutMs, () =>
      this.#counters.stalled.increment(),
    );
  }

  #refuseBody(
    request: IncomingMessage,
    response: ServerResponse,
    state: ConnectionState,
    answer: HttpResponse,
  ): void {
    // It stays pending, and is not collected: no other answer may follow its own, and no request after it is served.
    state.collecting = undefined;
    state.refused = true;
    refuseBody(request, response, answer);
  }

  onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    this.#counters.refused.increment();
    const state = this.#stateOf(socket);
    const answerable =
      state.pending === 0 || (state.pending === 1 && state.collecting?.complete === false);
    if (error.code === "ECONNRESET" || !socket.writable || !answerable) {
      socket.destroy();
      return;
    }
    state.refused = true;
    const [code, detail] = refusalOf(error, this.#limits);
    const { status, headers, body } = problemResponse(code, detail);
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
      `Content-Length: ${body.length}`,
      "Connection: close",
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.end(body);
    // A client that goes on sending, however slowly, would keep the connection half open.
    if (socket.writableFinished) endAfterLinger(socket);
    else socket.once("finish", () => endAfterLinger(socket));
  }
}

/** An answer that waits for an earlier one of its connection is still pending: another one in its place would be taken for it. */
function settle(response: ServerResponse, state: ConnectionState): void {
  const isOnItsWay = response.socket !== null || response.writableFinished || response.destroyed;
  if (isOnItsWay) state.pending--;
  else response.once("socket", () => state.pending--);
}

function endAfterLinger(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function refusalOf(error: NodeJS.ErrnoException, limits: HttpLimits): [ErrorCode, string] {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return [
        "headers-too-large",
        `Cannot read the request: its head is over ${limits.headerBytesMax} bytes`,
      ];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [
        "request-timeout",
        `Cannot read the request: it was not complete in ${limits.requestTimeoutMs} ms`,
      ];
    default:
      return ["bad-request", "Cannot read the request: it is not HTTP/1.1"];
  }
}
