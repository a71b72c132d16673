/**
 * Clients as no cart is one: they write blind, delete and write again, choose quorums and deadlines of their own, come with
 * contexts long out of date, of another key, or with a flipped bit. On keys of their own, so that no checker of carts
 * meets them. They name some writes and send them again, through other nodes, at once and later; they read with "at
 * least this" and without counting "not found". What the store does about them the oracle judges; here it is judged what they are told: a bad context is
 * refused, a good one is not, and what was refused for certain is never seen again.
 */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { refusal } from "../../src/client/failure.ts";
import type { HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { waitMs } from "../../src/env/wait.ts";
import { SESSION_HEADER } from "../../src/protocol/headers.ts";
import { encodePayload } from "../../src/protocol/payload.ts";
import { byteString } from "../../src/storage/byte-strings.ts";
import { shownVersions } from "../drivers/sim/oracle/shown-versions.ts";
import type { AdversaryMove } from "./adversary-move.ts";
import { drawMoves, isNamed, isOwnValue } from "./adversary-move.ts";
import type { DirectReadParts } from "./direct-read.ts";
import { isServed, outcomeOf, pathOf, readFromAll } from "./direct-read.ts";
import type { Finding } from "./sim-outcome.ts";

export interface AdversaryParts extends DirectReadParts {
  readonly random: SeededRandom;
  /** Base URL by which clients of `home` reach `node`. */
  readonly clientUrl: (home: string, node: string) => string;
}

export interface AdversaryPlan {
  /** About how many requests it sends. */
  readonly requests: number;
  /** It begins none after so long. */
  readonly seconds: number;
  /** N. */
  readonly n: number;
  /** True where disks may have garbled every copy of a key: then it stays unreadable, which is the truth about it. */
  readonly mayBeUnreadable?: boolean;
}

/** Keys of its own; no cart is called so. */
const ADVERSARY_KEYS: readonly string[] = Array.from(
  { length: 12 },
  (_, number) => `odd-key-${number}`,
);

const CLIENTS = 3;
const TIMEOUT_MS = 1_500;
const CONTEXTS_MAX = 8;
const NAMED_MAX = 6;
const CHECK = "adversary";
/** A node says these before it looks at a request. */
const TURNED_AWAY: ReadonlySet<string> = new Set(["overloaded", "stopping", "no-member"]);
/** What only a request that is wrong in itself is told. */
const BLAMED: ReadonlySet<string> = new Set([
  "bad-request",
  "bad-key",
  "bad-context",
  "bad-parameter",
  "context-required",
  "bad-answer",
]);

export class Adversary {
  readonly #parts: AdversaryParts;
  readonly #plan: AdversaryPlan;
  readonly #contexts = new Map<string, string[]>();
  readonly #sessions = new Map<string, string[]>();
  /** Writes with a name, the latest last, to be sent again. */
  readonly #named: AdversaryMove[] = [];
  /** Payloads that were refused for certain. */
  readonly #refused = new Set<string>();
  readonly #findings: Finding[] = [];
  #serial = 0;

  constructor(parts: AdversaryParts, plan: AdversaryPlan) {
    this.#parts = parts;
    this.#plan = plan;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Sends so many requests. Resolves when that is done or the time is over, and none is under way. */
  async run(requests = this.#plan.requests): Promise<void> {
    const { clock, random } = this.#parts;
    const { seconds } = this.#plan;
    const last = this.#serial + requests;
    const clients = this.#serial === 0 ? "client" : `client after ${this.#serial}`;
    const endMs = clock.monotonicMs() + 1_000 * seconds;
    const meanMs = (1_000 * seconds * CLIENTS) / Math.max(1, requests);
    const client = async (own: SeededRandom): Promise<void> => {
      for (;;) {
        await waitMs(clock, -Math.log(1 - own.float()) * meanMs);
        if (this.#serial >= last || clock.monotonicMs() >= endMs) return;
        this.#serial += 1;
        await this.#act(own, this.#serial);
      }
    };
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, number) => client(random.fork(`${clients} ${number}`))),
    );
  }

  /** Reads each of its keys from all N, which also makes the copies equal. */
  async readBack(): Promise<void> {
    for (const key of ADVERSARY_KEYS) {
      const answer = await readFromAll(this.#parts, key, this.#plan.n);
      if (answer !== undefined) this.#look(key, answer);
      else if (this.#plan.mayBeUnreadable !== true)
        this.#found("a healed cluster does not serve a read", `${key} cannot be read in the end`);
    }
  }

  async #act(random: SeededRandom, serial: number): Promise<void> {
    const { nodes, clientUrl } = this.#parts;
    const { n } = this.#plan;
    const contexts = this.#contexts;
    const sessions = this.#sessions;
    const named = this.#named;
    const draw = { keys: ADVERSARY_KEYS, n, serial, contexts, sessions, named };
    const moves = drawMoves(random, draw);
    for (const move of moves) if (isNamed(move)) this.#remember(move);
    await Promise.all(
      moves.map((move) => this.#send(move, clientUrl(random.pick(nodes), random.pick(nodes)))),
    );
  }

  /** What was refused for good reason is refused again. */
  #remember(move: AdversaryMove): void {
    this.#named.push(move);
    if (this.#named.length > NAMED_MAX) this.#named.shift();
  }

  async #send(move: AdversaryMove, baseUrl: string): Promise<void> {
    const { key, method, query, headers, body } = move;
    const url = `${baseUrl}${pathOf(key)}${query}`;
    const call = { method, url, headers, timeoutMs: TIMEOUT_MS };
    const outcome = await outcomeOf(
      this.#parts.http,
      body === undefined ? call : { ...call, body },
    );
    if (outcome instanceof HttpCallError) {
      if (!outcome.sent) this.#refuse(move);
    } else {
      this.#judge(move, outcome);
    }
  }

  #judge(move: AdversaryMove, answer: HttpCallResult): void {
    const { expects, key, method, query } = move;
    const what = `${method} ${key}${query}`;
    if (isServed(answer)) {
      if (expects !== "served") {
        this.#found(`a request was served that is ${expects}`, `${what} got ${answer.status}`);
      }
      this.#look(key, answer);
      this.#keepSession(key, answer);
      return;
    }
    const { code, definite, detail } = refusal(answer, 0);
    if (expects === "served" && BLAMED.has(code)) {
      this.#found("a good request was refused as a bad one", `${what} got ${detail}`);
    }
    if (expects !== "served" && code !== expects && !TURNED_AWAY.has(code)) {
      this.#found(`a request was not refused as ${expects}`, `${what} got ${detail}`);
    }
    if (definite) this.#refuse(move);
  }

  #keepSession(key: string, { headers }: HttpCallResult): void {
    const session = headers[SESSION_HEADER];
    if (session === undefined) return;
    this.#sessions.set(key, [...(this.#sessions.get(key) ?? []), session].slice(-CONTEXTS_MAX));
  }

  /** Another attempt of a write with a name may have been taken. */
  #refuse(move: AdversaryMove): void {
    const { body } = move;
    if (isNamed(move)) return;
    if (body !== undefined && isOwnValue(body)) this.#refused.add(payloadOf(body));
  }

  /** Keeps the context of an answer and looks for values in it that cannot be there. */
  #look(key: string, answer: HttpCallResult): void {
    let shown: ReturnType<typeof shownVersions>;
    try {
      shown = shownVersions(answer);
    } catch (error) {
      // The oracle saw the same answer and says so.
      if (error instanceof SyntaxError) return;
      throw error;
    }
    if (shown === undefined) return;
    const contexts = this.#contexts.get(key) ?? [];
    this.#contexts.set(key, [...contexts, shown.token].slice(-CONTEXTS_MAX));
    if (shown.payloads.some((payload) => this.#refused.has(payload))) {
      this.#found("a write is there that was refused for certain", `A read of ${key} shows it`);
    }
  }

  #found(anomaly: string, detail: string): void {
    const timeMs = this.#parts.clock.monotonicMs();
    this.#findings.push({ check: CHECK, anomaly, detail, timeMs });
  }
}

/** As the node keeps what comes without a content type. */
function payloadOf(bytes: Uint8Array): string {
  const contentType = "application/octet-stream";
  return byteString(encodePayload({ contentType, tombstone: false, bytes }));
}
