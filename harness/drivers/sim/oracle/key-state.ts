import { equalBytes } from "../../../../src/base/bytes.ts";
import type { Actor } from "../../../../src/base/ids.ts";
import type { Clock } from "../../../../src/causality/versioning.ts";
import type { ClientAsk } from "../observer.ts";
import type { Mint } from "./key-history.ts";
import { KeyHistory } from "./key-history.ts";
import { PayloadTexts } from "./payload-texts.ts";
import type { ShownTexts } from "./shown-versions.ts";

/** A record, read once; replicas hold the same bytes. */
export interface KnownRecord {
  readonly bytes: Uint8Array;
  readonly clock: Clock;
  /** One character a byte, in the record's order. */
  readonly payloads: readonly string[];
  /** The writes its versions are, where the record says so (dvvset); else undefined. */
  readonly mints: readonly Mint[] | undefined;
  /** Of each version its own clock, in the modes where versions have one (the paper's). */
  readonly versionClocks?: readonly Clock[] | undefined;
}

export interface KnownRow {
  /** The row's own bytes, as the observer was given them. */
  readonly value: Uint8Array;
  readonly localActor: Actor | undefined;
  readonly record: KnownRecord;
}

/** A client's request as the checks know it, from its arrival on. */
export interface ClientRequest {
  readonly ask: ClientAsk;
  readonly state: KeyState;
  /** Virtual time. */
  readonly askedMs: number;
  /** What it writes, one character a byte; undefined for GET. */
  readonly payload: string | undefined;
  /** What its context covers; undefined where the token was never handed out for this key. */
  readonly context: Clock | undefined;
  /** Every dot that may be this write's: one, or several where equal payloads are written at once. */
  readonly mints: Mint[];
  /** True once one of them may be that of another write with the same payload. */
  sharesMints: boolean;
  /** True once its node died: it will never be answered. */
  isAbandoned: boolean;
  /** Of a write that was answered as done, when; virtual time. */
  acknowledgedMs?: number;
  /** Of a write: nodes that looked up their row of the key since it was asked. Kept in the mode that needs it (`traceless-mint.ts`). */
  lookedUpAt: Set<string> | undefined;
  /** Likewise, rows of the key that nodes removed since it was asked: hints that were delivered. */
  removed: readonly { readonly node: string; readonly row: KnownRow }[];
  /** Copies that held the write and were lost with their node before the client was answered. */
  lostCopies: readonly LostCopy[];
}

export interface LostCopy extends CopyOf {
  readonly row: KnownRow;
}

/** That `node` keeps one of the N copies, the one of `owner`: its own, or one it holds as a hint. */
export interface CopyOf {
  readonly node: string;
  readonly owner: string;
}

/** One row of one node: its own copy of a key, or the one it keeps for `owner`. */
export interface Copy extends CopyOf {
  readonly state: KeyState;
  visible: KnownRow | undefined;
  durable: KnownRow | undefined;
  /** What the row held when its disk garbled it, until something takes its place. Then the others are undefined. */
  damaged: KnownRow | undefined;
  /** True once its disk did not keep what it had promised to. */
  isForgetful: boolean;
  /** What is on the disk of a node that buffers its writes. */
  stored?: KnownRow | undefined;
}

/** Who asked to write one payload. */
interface AskedPayload {
  /** And may still be about to. */
  readonly writers: ClientRequest[];
  isRepeated: boolean;
  /** Who gives up last. */
  last: ClientRequest;
  /** The first request of the operation that all who wrote it named; undefined where they did not all name the same. */
  operation: ClientRequest | undefined;
}

/** The primaries under a ring before. */
interface PastPrimaries {
  readonly nodes: readonly string[];
  /** Virtual time. */
  readonly untilMs: number;
}

/** What a context token stands for. */
export interface OpenedToken {
  /** Undefined where it was not handed out for this key. */
  readonly clock: Clock | undefined;
  /** What an answer that carries it must show; found when first needed. */
  required: readonly Mint[] | undefined;
}

/** Records remembered for each key: those of the last few writes, which the replicas are about to store. */
const RECORDS_MAX = 8;
/** Tokens remembered for each key; they are opened again where they come up later. */
const TOKENS_MAX = 64;

/** Everything the checks know of one client key. */
export class KeyState {
  readonly key: Uint8Array;
  readonly history = new KeyHistory();
  /** All rows there ever were. */
  readonly copies: Copy[] = [];
  /** By node: those of them that it keeps for others. */
  readonly hints = new Map<string, Copy[]>();
  readonly #asked = new Map<string, AskedPayload>();
  /** Every request to write. */
  readonly requests: ClientRequest[] = [];
  readonly acknowledged: ClientRequest[] = [];
  /** What the tombstones covered that nodes have collected. */
  collected: Clock = new Map();
  /** The last change of a row whose dropped versions were all superseded (`version-dropped.ts`). */
  explained: { readonly before: KnownRecord; readonly after: KnownRecord } | undefined;
  /** By token: the payloads of the answers that carried it. Kept in the modes that lose writes. */
  readonly shownWith = new Map<string, Set<string>>();
  /** By what the texts of the answers for the key are made. */
  readonly shownTexts: ShownTexts = {
    textOf: (payload) => this.textOf(payload),
    siblings: new Map(),
  };
  #primaries: readonly string[];
  /** Who will be primaries once the open change of the ring is complete; empty where none is open for the key. */
  #next: readonly string[] = [];
  readonly #past: PastPrimaries[] = [];
  readonly #records: KnownRecord[] = [];
  readonly #tokens = new Map<string, OpenedToken>();
  readonly #texts = new PayloadTexts();

  constructor(key: Uint8Array, primaries: readonly string[]) {
    this.key = key;
    this.#primaries = primaries;
  }

  /** The first N nodes of the preference list. */
  get primaries(): readonly string[] {
    return this.#primaries;
  }

  get nextPrimaries(): readonly string[] {
    return this.#next;
  }

  /** True of those that are or were among them: what a node had when the ring changed it may still have. */
  wasPrimary(node: string): boolean {
    return this.primariesSince(Number.NEGATIVE_INFINITY).some((nodes) => nodes.includes(node));
  }

  /** The primaries of now, and those of each ring that was in force at that time or later. */
  primariesSince(timeMs: number): readonly (readonly string[])[] {
    if (this.#past.length === 0) return [this.#primaries];
    const past = this.#past.filter(({ untilMs }) => untilMs >= timeMs);
    return [this.#primaries, ...past.map(({ nodes }) => nodes)];
  }

  /** The ring changed, or is about to. True where the key has other primaries now. */
  movesTo(primaries: readonly string[], next: readonly string[], nowMs: number): boolean {
    const before = this.#primaries;
    this.#primaries = primaries;
    this.#next = next;
    const hasMoved = primaries.join() !== before.join();
    if (hasMoved) this.#past.push({ nodes: before, untilMs: nowMs });
    return hasMoved;
  }

  /** The key for people. */
  get name(): string {
    return Buffer.from(this.key).toString();
  }

  /** A payload as its client wrote it, as a text of one character a byte. Throws FormatError. */
  textOf(payload: Uint8Array): string {
    return this.#texts.of(payload);
  }

  addCopy(copy: Copy): void {
    this.copies.push(copy);
    if (copy.owner === copy.node) return;
    const hints = this.hints.get(copy.node);
    if (hints === undefined) this.hints.set(copy.node, [copy]);
    else hints.push(copy);
  }

  remembered(record: Uint8Array): KnownRecord | undefined {
    for (let index = this.#records.length - 1; index >= 0; index -= 1) {
      const known = this.#records[index];
      if (known !== undefined && equalBytes(known.bytes, record)) {
        return known;
      }
    }
    return undefined;
  }

  remember(record: KnownRecord): void {
    this.#records.push(record);
    if (this.#records.length > RECORDS_MAX) {
      this.#records.shift();
    }
  }

  addWriter(payload: string, request: ClientRequest): void {
    this.requests.push(request);
    const asked = this.#asked.get(payload);
    if (asked === undefined) {
      const only = { writers: [request], isRepeated: false, last: request, operation: request };
      this.#asked.set(payload, only);
      return;
    }
    asked.writers.push(request);
    asked.isRepeated = true;
    if (givenUpMs(request) > givenUpMs(asked.last)) asked.last = request;
    const { operation: first } = asked;
    if (first !== undefined && operationOf(first) !== operationOf(request)) {
      asked.operation = undefined;
    }
  }

  /** Who asked to write this and may still be about to: none where all of them were told it is done, undefined where nobody ever asked. */
  writersOf(payload: string): readonly ClientRequest[] | undefined {
    return this.#asked.get(payload)?.writers;
  }

  /** Every request to write one of these, also those that are over. Walks over all requests. */
  requestsFor(payloads: readonly string[]): readonly ClientRequest[] {
    return this.requests.filter(
      ({ payload }) => payload !== undefined && payloads.includes(payload),
    );
  }

  /** Who asked to write this and gives up last, by the time it was asked; undefined where nobody asked. */
  lastAskedFor(payload: string): ClientRequest | undefined {
    return this.#asked.get(payload)?.last;
  }

  /** True where several requests wrote the same: all deletes do, and what a client sends again. */
  isRepeated(payload: string): boolean {
    return this.#asked.get(payload)?.isRepeated === true;
  }

  /** True where every request with this payload was an attempt of one and the same write (K-11), or there was but one. */
  isOneOperation(payload: string): boolean {
    return this.#asked.get(payload)?.operation !== undefined;
  }

  /** What every request with this payload had read, where all were attempts of one write. */
  contextOf(payload: string): Clock | undefined {
    return this.#asked.get(payload)?.operation?.context;
  }

  /** True where an earlier request was an attempt of the same write. */
  wasSentBefore(request: ClientRequest): boolean {
    const { payload } = request;
    const operation = operationOf(request);
    if (request.ask.operation === undefined || payload === undefined) return false;
    if (!this.isRepeated(payload)) return false;
    return this.requests.some(
      (other) => other !== request && other.payload === payload && operationOf(other) === operation,
    );
  }

  /** Its dot was minted before it was answered; no other will be its own. */
  removeWriter(payload: string, request: ClientRequest): void {
    const writers = this.#asked.get(payload)?.writers ?? [];
    const index = writers.indexOf(request);
    if (index >= 0) {
      writers.splice(index, 1);
    }
  }

  openedToken(
    token: string,
    open: (key: Uint8Array, token: string) => Clock | undefined,
  ): OpenedToken {
    let opened = this.#tokens.get(token);
    if (opened === undefined) {
      opened = { clock: open(this.key, token), required: undefined };
      if (this.#tokens.size === TOKENS_MAX) {
        this.#tokens.clear();
      }
      this.#tokens.set(token, opened);
    }
    return opened;
  }

  /** Adds to what clients were shown with a token. */
  showWith(token: string, payloads: readonly string[]): void {
    const shown = this.shownWith.get(token);
    if (shown === undefined) {
      this.shownWith.set(token, new Set(payloads));
    } else {
      for (const payload of payloads) {
        shown.add(payload);
      }
    }
  }
}

function givenUpMs({ askedMs, ask }: ClientRequest): number {
  return askedMs + ask.timeoutMs;
}

/** What nodes know an attempt again by: its name, and what it may replace. One without a name is known by itself alone. */
function operationOf({ ask }: ClientRequest): string {
  return ask.operation === undefined ? `request ${ask.id}` : `${ask.operation} ${ask.context}`;
}
