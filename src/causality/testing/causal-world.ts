import { actorOf, incarnationOf } from "../../base/actor.ts";
import type { Actor } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import type { Clock, Siblings, Versioning } from "../versioning.ts";

/**
 * A few replicas of one key, their clients, and an oracle: for every write it remembers by which reads its client had seen
 * which other writes. A write that was acknowledged and that no other write's client had seen must be there at the end;
 * nothing else should. The world obeys the rules of causality of the architecture, and two of them can be broken on purpose.
 */
export interface CausalWorldOptions {
  readonly versioning: Versioning;
  readonly nodeCount: number;
  readonly clientCount: number;
  /** "reused" breaks the rule that a row that was gone mints under a fresh actor. */
  readonly actors?: "fresh" | "reused";
  /** "new-version" breaks the rule that the whole merged set is replicated. */
  readonly replicated?: "whole-set" | "new-version";
}

export interface CausalOutcome {
  readonly acknowledged: number;
  /** Acknowledged, seen by no other write, and not there. */
  readonly lost: number;
  /** There, though the client of another write had seen it. */
  readonly falseSiblings: number;
  /** Versions at the end. */
  readonly versions: number;
  /** Most versions that one read returned. */
  readonly versionsMost: number;
}

export class CausalWorld {
  readonly #options: CausalWorldOptions;
  readonly #rows: Row[];
  readonly #clients: ClientMemory[];
  /** By write: all writes that its client had seen when it wrote, directly or through others. */
  readonly #histories: ReadonlySet<number>[] = [];
  #versionsMost = 0;

  constructor(options: CausalWorldOptions) {
    this.#options = options;
    this.#rows = Array.from({ length: options.nodeCount }, () => ({
      siblings: options.versioning.empty,
      localActor: undefined,
      epoch: 0,
    }));
    this.#clients = Array.from({ length: options.clientCount }, () => ({
      context: NO_CLOCK,
      seen: new Set<number>(),
    }));
  }

  /** What each node holds now. */
  get replicas(): readonly Siblings[] {
    return this.#rows.map((row) => row.siblings);
  }

  /** A client reads from these nodes and keeps the context in the place of its old one. */
  get(client: number, nodes: readonly number[]): void {
    const { versioning } = this.#options;
    const read = nodes.reduce(
      (merged, node) => versioning.merge(merged, this.#row(node).siblings),
      versioning.empty,
    );
    this.#versionsMost = Math.max(this.#versionsMost, read.payloads.length);
    const seen = new Set(read.payloads.map(writeOfPayload));
    this.#clients[client] = { context: read.clock, seen };
  }

  /** A client writes with the context it has; of the other nodes only `receivers` get the replication message. */
  put(client: number, coordinator: number, receivers: readonly number[]): void {
    const { versioning, replicated } = this.#options;
    const { context, seen } = this.#clients[client] as ClientMemory;
    const write = this.#histories.length;
    const history = new Set(seen);
    for (const other of seen) {
      for (const older of this.#histories[other] ?? []) {
        history.add(older);
      }
    }
    this.#histories.push(history);

    const row = this.#row(coordinator);
    row.localActor ??= this.#actor(coordinator);
    const mint = { actor: row.localActor, wallMs: write };
    const payload = payloadOfWrite(write);
    row.siblings = versioning.update(row.siblings, context, payload, mint);
    const message =
      replicated === "new-version"
        ? newVersionAlone(versioning, row.siblings, context, payload, row.localActor)
        : row.siblings;
    for (const receiver of receivers) {
      if (receiver !== coordinator) {
        this.#receive(receiver, message);
      }
    }
  }

  /** One node sends what it holds to another: anti-entropy, read repair. */
  send(from: number, to: number): void {
    this.#receive(to, this.#row(from).siblings);
  }

  /** One node hands what it holds to another and deletes its row: a delivered hint. */
  handOff(from: number, to: number): void {
    if (from === to) {
      return;
    }
    this.send(from, to);
    const row = this.#row(from);
    row.siblings = this.#options.versioning.empty;
    row.localActor = undefined;
  }

  /** Reads all nodes and compares with the oracle. */
  outcome(): CausalOutcome {
    const { versioning } = this.#options;
    const final = this.#rows.reduce(
      (merged, row) => versioning.merge(merged, row.siblings),
      versioning.empty,
    );
    const present = new Set(final.payloads.map(writeOfPayload));
    const superseded = new Set(this.#histories.flatMap((history) => [...history]));
    const frontier = this.#histories.map((_, write) => write).filter((w) => !superseded.has(w));
    return {
      acknowledged: this.#histories.length,
      lost: frontier.filter((write) => !present.has(write)).length,
      falseSiblings: [...present].filter((write) => superseded.has(write)).length,
      versions: present.size,
      versionsMost: this.#versionsMost,
    };
  }

  #receive(node: number, message: Siblings): void {
    const row = this.#row(node);
    row.siblings = this.#options.versioning.merge(row.siblings, message);
  }

  #actor(node: number): Actor {
    const row = this.#row(node);
    if (this.#options.actors !== "reused") {
      row.epoch += 1;
    }
    return testActor(node, row.epoch);
  }

  #row(node: number): Row {
    const row = this.#rows[node];
    if (row === undefined) {
      throw new RangeError(`Cannot find node ${node}: there are ${this.#rows.length}`);
    }
    return row;
  }
}

/** An actor of the test's node of this number. */
export function testActor(node: number, epoch = 1): Actor {
  const incarnation = incarnationOf(new Uint8Array(8).fill(node + 1));
  return actorOf({ nodeId: nodeId(`node-${node}`), incarnation, epoch });
}

interface Row {
  siblings: Siblings;
  localActor: Actor | undefined;
  epoch: number;
}

interface ClientMemory {
  readonly context: Clock;
  readonly seen: ReadonlySet<number>;
}

const NO_CLOCK: Clock = new Map();

function payloadOfWrite(write: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, write);
  return payload;
}

function writeOfPayload(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
}

/** The planted fault: the new version under its context and dot, without the siblings that it stands beside. */
function newVersionAlone(
  versioning: Versioning,
  updated: Siblings,
  context: Clock,
  payload: Uint8Array,
  actor: Actor,
): Siblings {
  const counter = updated.clock.get(actor) ?? 0;
  const before = new Map([...context, [actor, counter - 1] as const].filter(([, n]) => n > 0));
  return versioning.update(versioning.empty, before, payload, { actor, wallMs: 0 });
}
