import { actorOf, incarnationOf } from "../../../../../src/base/actor.ts";
import { fromBase64url, toBase64url, utf8Bytes } from "../../../../../src/base/bytes.ts";
import type { Actor } from "../../../../../src/base/ids.ts";
import { nodeId } from "../../../../../src/base/ids.ts";
import {
  ContextError,
  macKeyOf,
  openContext,
  sealContext,
} from "../../../../../src/causality/context-token.ts";
import type {
  Clock,
  Siblings,
  Versioning,
  VersioningMode,
} from "../../../../../src/causality/versioning.ts";
import { versioningFor } from "../../../../../src/causality/versioning-for.ts";
import { siblingsResponse } from "../../../../../src/http/siblings-response.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../../../src/protocol/payload.ts";
import { encodeRow } from "../../../../../src/replica/row.ts";
import { hintRowKey, recordRowKey } from "../../../../../src/replica/row-keys.ts";
import type { RowState } from "../../observer.ts";
import { Oracle } from "../oracle.ts";
import type { IsCalm } from "../stand-in-late.ts";

const NODES = ["a", "b", "c", "d", "e"] as const;
export const EMPTY_CLOCK: Clock = new Map();

/** Where a test puts a row: a node's own, or the one it keeps for `owner`. */
export interface Spot {
  readonly node: string;
  readonly owner?: string;
}

/**
 * Tells an oracle, event by event, what a test says that a cluster of five does: preference list a to e, N 3. The rows come
 * from the real rules of versioning and the real codecs; whether what happens is right is the test's affair.
 */
export class HandMadeWorld {
  readonly oracle: Oracle;
  readonly versioning: Versioning;
  readonly key: Uint8Array;
  /** Nobody, unless the test says otherwise. */
  isCalm: IsCalm = () => false;
  /** Virtual time; the test lets it pass. */
  nowMs = 7;
  readonly #strict: boolean;
  readonly #rows = new Map<string, { localActor: Actor | undefined; siblings: Siblings }>();
  readonly #lives = new Map<string, number>();
  #epochs = 0;
  #requests = 0;
  #wallMs = 0;
  #members: readonly string[] = NODES;
  #next: readonly string[] | undefined;
  /** By node, where it goes by another ring than the one in force: the preference list as it knows it. */
  readonly believed = new Map<string, readonly string[]>();

  constructor(
    mode: VersioningMode,
    {
      synced = true,
      strict = false,
      buffered = false,
      lossless = true,
      nodesDestroyed = 0,
      clocksKept = false,
      destroyed = [],
      n = 3,
      key = "cart",
      ownersCoordinate = true,
      movingW,
    }: WorldOptions = {},
  ) {
    this.versioning = versioningFor(mode);
    this.key = utf8Bytes(key);
    this.#strict = strict;
    this.oracle = new Oracle({
      nowMs: () => this.nowMs,
      versioning: this.versioning,
      openContext: (of, token) => this.#open(of, token),
      nodes: NODES,
      n,
      synced,
      buffered,
      lossless,
      nodesDestroyed,
      clocksKept,
      destroyed: new Set(destroyed),
      bounds: {
        ownDiskMs: 10,
        hedgeMs: 100,
        readAnswerMs: 20,
        writeAnswerMs: 30,
        mintedLateMs: 1_500,
        ownersCoordinate,
        settleMs: 1_000,
        silenceMs: 1_500,
      },
      isCalm: (node, peer, sinceMs) => this.isCalm(node, peer, sinceMs),
      preferenceList: () => this.#members,
      nextPreferenceList: () => this.#next,
      believedPreferenceList: (node) => this.believed.get(node) ?? this.#members,
      movingW,
    });
  }

  /** All keys have this preference list from now on, and that one once a change is complete, where one is open. Nobody dies of it. */
  moveTo(members: readonly string[], next?: readonly string[]): void {
    this.#members = members;
    this.#next = next;
    this.oracle.membersChanged(members);
  }

  /** The node dies with its data, and the others, in this order, are the preference list of all keys from now on. */
  removeMember(node: string, others: readonly string[]): void {
    this.crash(node, []);
    this.#members = others;
    this.oracle.membersChanged(others);
  }

  /** Names of the checks that found something, each once. */
  get found(): readonly string[] {
    return [...new Set(this.oracle.violations.map((violation) => violation.check))];
  }

  /** A client asks for a write; without a value, for a delete. Returns the request's id. */
  askWrite(
    node: string,
    value: string | undefined,
    { context = "", w = 2, operation }: WriteOptions = {},
  ): number {
    this.#requests += 1;
    this.oracle.clientAsked({
      id: this.#requests,
      node,
      method: value === undefined ? "DELETE" : "PUT",
      key: this.key,
      context,
      payload: payloadOf(value),
      quorum: w,
      strict: this.#strict,
      timeoutMs: 1_000,
      ...(operation === undefined ? {} : { operation }),
    });
    return this.#requests;
  }

  /** A client asks for a read, and each node of `looks` looks up its own row: d and e, which hold nothing, by default. */
  askRead(node: string, options: ReadOptions = {}): number {
    const { r = 2, looks = ["d", "e"], context = "", ignoresNotFound = false } = options;
    this.#requests += 1;
    this.oracle.clientAsked({
      id: this.#requests,
      node,
      method: "GET",
      key: this.key,
      context,
      payload: undefined,
      quorum: r,
      strict: this.#strict,
      timeoutMs: 1_000,
      ...(ignoresNotFound ? { ignoresNotFound: true } : {}),
    });
    for (const each of looks) this.look(each);
    return this.#requests;
  }

  /** A node looks up its own row. */
  look(node: string): void {
    this.oracle.rowRead(node, "records", recordRowKey(3, this.key));
  }

  /** A coordinator's write into its row, as the replica does it. Not durable yet. Returns what it replicates. */
  mint(
    spot: Spot,
    value: string | undefined,
    {
      context = EMPTY_CLOCK,
      actor,
      wallMs = this.#tick(),
    }: { context?: Clock; actor?: Actor; wallMs?: number } = {},
  ): Siblings {
    this.look(spot.node);
    const row = this.#rows.get(idOf(spot));
    const held = this.held(spot.node);
    const own = row?.localActor;
    const usable = own !== undefined && held.clock.has(own) ? own : undefined;
    const localActor = actor ?? usable ?? this.freshActor(spot.node);
    const mint = { actor: localActor, wallMs };
    const siblings = this.versioning.update(held, context, payloadOf(value), mint);
    this.put(spot, siblings, localActor);
    return siblings;
  }

  /** A replica takes what it is sent and has it durable at once. */
  store(spot: Spot, received: Siblings): void {
    const row = this.#rows.get(idOf(spot));
    const merged = this.versioning.merge(row?.siblings ?? this.versioning.empty, received);
    if (row === undefined || merged !== row.siblings) {
      this.put(spot, merged, row?.localActor);
    }
    this.sync(spot);
  }

  /** Puts whatever the test says into a row. */
  put(spot: Spot, siblings: Siblings, localActor: Actor | undefined): void {
    this.#rows.set(idOf(spot), { localActor, siblings });
    this.oracle.rowsWritten(spot.node, [this.#state(spot)]);
  }

  sync(...spots: readonly Spot[]): void {
    for (const spot of spots) this.oracle.rowsDurable(spot.node, [this.#state(spot)]);
  }

  /** The disk of a node that buffers has what its row shows. */
  stored(spot: Spot): void {
    this.oracle.rowsStored(spot.node, [this.#state(spot)]);
  }

  /** A delivered hint goes. */
  remove(spot: Spot): void {
    this.#rows.delete(idOf(spot));
    this.oracle.rowsWritten(spot.node, [this.#state(spot)]);
    this.sync(spot);
  }

  /** The node's disk garbles a row. */
  damage(spot: Spot): void {
    const { table, key } = this.#state(spot);
    this.#rows.delete(idOf(spot));
    this.oracle.rowDamaged(spot.node, table, key);
  }

  /** A row goes back to what it was: nothing, or these siblings. */
  rollBack(spot: Spot, siblings: Siblings | undefined, localActor?: Actor): void {
    if (siblings === undefined) this.#rows.delete(idOf(spot));
    else this.#rows.set(idOf(spot), { localActor, siblings });
    this.oracle.rowsRolledBack(spot.node, [this.#state(spot)]);
  }

  /** The node dies; its disk keeps the rows of `kept`, and a new life begins. */
  crash(node: string, kept: readonly Spot[]): void {
    const ids = new Set(kept.map(idOf));
    for (const id of [...this.#rows.keys()]) {
      if (id.startsWith(`${node}/`) && !ids.has(id)) this.#rows.delete(id);
    }
    this.#lives.set(node, (this.#lives.get(node) ?? 0) + 1);
    this.oracle.rowsReplaced(
      node,
      kept.map((spot) => this.#state(spot)),
    );
  }

  /** A write from its request to its answer, with durable copies at all three primaries. */
  write(node: string, value: string | undefined, context: Clock = EMPTY_CLOCK): number {
    const token = context.size === 0 ? "" : this.token(context);
    const id = this.askWrite(node, value, { context: token });
    const siblings = this.mint({ node }, value, { context });
    this.sync({ node });
    for (const other of NODES.slice(0, 3)) {
      if (other !== node) this.store({ node: other }, siblings);
    }
    this.done(id);
    return id;
  }

  /** A write that is acknowledged with durable copies at a and b alone. Returns what they hold. */
  writeAtTwo(value: string): Siblings {
    const id = this.askWrite("a", value);
    const siblings = this.mint({ node: "a" }, value);
    this.sync({ node: "a" });
    this.store({ node: "b" }, siblings);
    this.done(id);
    return siblings;
  }

  done(id: number): void {
    this.oracle.clientAnswered(id, { status: 204, headers: {}, body: new Uint8Array(0) });
  }

  refused(id: number): void {
    this.oracle.clientAnswered(id, { status: 503, headers: {}, body: new Uint8Array(0) });
  }

  /** Answers a read, or a write that wants its siblings back. */
  show(
    id: number,
    { payloads, clock, operations, isStale = false }: Shown,
    accept: string | undefined = "application/json",
  ): void {
    const answer = { payloads, context: this.token(clock, this.key, operations), isStale };
    this.oracle.clientAnswered(id, siblingsResponse(answer, accept));
  }

  /** Asks for a read of these siblings and has it answered; returns its clock. */
  read(siblings: Siblings): Clock {
    this.show(this.askRead("e"), siblings);
    return siblings.clock;
  }

  at(spot: Spot): Siblings {
    return this.#rows.get(idOf(spot))?.siblings ?? this.versioning.empty;
  }

  /** All that a node holds, hints included. */
  held(node: string): Siblings {
    let merged = this.versioning.empty;
    for (const [id, row] of this.#rows) {
      if (id.startsWith(`${node}/`)) merged = this.versioning.merge(merged, row.siblings);
    }
    return merged;
  }

  freshActor(node: string): Actor {
    this.#epochs += 1;
    const life = this.#lives.get(node) ?? 0;
    const incarnation = incarnationOf(new Uint8Array(8).fill(life + 1));
    return actorOf({ nodeId: nodeId(node), incarnation, epoch: this.#epochs });
  }

  token(
    clock: Clock,
    key: Uint8Array = this.key,
    operations: Uint8Array = new Uint8Array(0),
  ): string {
    const scope = { clusterId: "test", key, clock, operations, mode: this.versioning.mode };
    return toBase64url(sealContext(scope, MAC_KEY));
  }

  /** Wall time that passes with every write. */
  #tick(): number {
    this.#wallMs += 1_000;
    return this.#wallMs;
  }

  #open(key: Uint8Array, token: string): Clock | undefined {
    const bytes = fromBase64url(token);
    const scope = { clusterId: "test", key, mode: this.versioning.mode };
    try {
      return bytes === undefined ? undefined : openContext(bytes, scope, MAC_KEY);
    } catch (error) {
      if (error instanceof ContextError) return undefined;
      throw error;
    }
  }

  #state(spot: Spot): RowState {
    const row = this.#rows.get(idOf(spot));
    const isHint = spot.owner !== undefined && spot.owner !== spot.node;
    return {
      table: isHint ? "hints" : "records",
      key: isHint ? hintRowKey(nodeId(spot.owner), 3, this.key) : recordRowKey(3, this.key),
      value:
        row === undefined
          ? undefined
          : encodeRow({
              localActor: row.localActor,
              record: this.versioning.encode(row.siblings),
            }),
    };
  }
}

export interface ReadOptions {
  readonly r?: number;
  readonly looks?: readonly string[];
  /** What the client says it knows. */
  readonly context?: string;
  readonly ignoresNotFound?: boolean;
}

export interface WriteOptions {
  readonly context?: string;
  readonly w?: number;
  readonly operation?: string;
}

export interface Shown {
  readonly payloads: readonly Uint8Array[];
  readonly clock: Clock;
  /** As the context lists them; none unless told. */
  readonly operations?: Uint8Array;
  readonly isStale?: boolean;
}

interface WorldOptions {
  /** The cluster's own W, where its ranges move under load. */
  readonly movingW?: number;
  readonly synced?: boolean;
  readonly strict?: boolean;
  readonly buffered?: boolean;
  readonly lossless?: boolean;
  readonly nodesDestroyed?: number;
  readonly clocksKept?: boolean;
  readonly destroyed?: readonly string[];
  readonly n?: number;
  readonly key?: string;
  readonly ownersCoordinate?: boolean;
}

/** The payload of a value as text; of a delete without one. */
export function payloadOf(value: string | undefined): Uint8Array {
  return encodePayload(
    value === undefined
      ? TOMBSTONE_PAYLOAD
      : { contentType: "text/plain", tombstone: false, bytes: utf8Bytes(value) },
  );
}

const MAC_KEY = macKeyOf("a secret", "test");

function idOf({ node, owner }: Spot): string {
  return `${node}/${owner ?? node}`;
}
