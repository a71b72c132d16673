/*
 * Problem: a node has to act by what it has heard of joins and leaves, at each moment by one ring, and to say when it has what a change gives it
 * (paper 4.8.1, 4.9; D-2.3-5, D-4.9-1).
 *
 * Sketch: the shell around the fold. A change is stored, then counts (kept-history.ts); with each the view is made anew, and with it the ring that
 * `ring()` gives, an object of its own for each stamp: what was done under one says nothing of another. Where the open change gives this node ranges
 * it says `received` once none is awaited any more (reception.ts), which is asked after each exchange and each change. Where a change
 * gives nobody anything one member has to say so: the issuer at once, any other later if it did not.
 */
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Ring } from "../ring/ring.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import type { Change, MemberRecord } from "./change.ts";
import { changeId, issuerOf } from "./change.ts";
import type { CurrentMembers } from "./current-members.ts";
import { Emptying } from "./emptying.ts";
import { KeptHistory } from "./kept-history.ts";
import { rangesAwaited } from "./reception.ts";
import type { Founders, MembershipView, OpenChange } from "./view.ts";
import { ViewFold, viewOf } from "./view.ts";

export interface MembershipParts {
  readonly engine: Engine;
  readonly nodeId: NodeId;
  /** The name of this start of the node. */
  readonly life: string;
  readonly founders: Founders;
  readonly n: number;
  /** The cluster's own W. */
  readonly w: number;
}

export interface MembershipWatch {
  /** True where this node's copies were brought together with that owner's, from beginning to end under that ring. */
  readonly hasAllOf: (owner: NodeId, ring: Ring) => boolean;
  /** The view is another one. */
  readonly onChange: () => void;
  /** A node is at another address than before. */
  readonly onMoved: () => void;
}

type MembershipEnvironment = Pick<
  Environment,
  "clock" | "random" | "log" | "metrics" | "assertions"
>;

export class Membership implements CurrentMembers {
  readonly history: KeptHistory;
  readonly emptying: Emptying;
  readonly #env: MembershipEnvironment;
  readonly #parts: MembershipParts;
  readonly #fold: ViewFold;
  #view: MembershipView;
  #ring: Ring;
  #addresses: ReadonlyMap<NodeId, string>;
  #watch: MembershipWatch | undefined;
  /** The digest for which this node has said `received`, or is about to. */
  #said: string | undefined;
  #ground: object | undefined;
  #later: Timer | undefined;
  #stopped = false;

  /** Rejects with StorageError. */
  static async open(env: MembershipEnvironment, parts: MembershipParts): Promise<Membership> {
    let membership: Membership | undefined;
    const { engine, nodeId, life } = parts;
    const history = await KeptHistory.open(env, {
      engine,
      issuer: issuerOf(nodeId, life),
      onChange: () => {
        if (membership !== undefined) membership.#changed();
      },
    });
    membership = new Membership(env, parts, history);
    return membership;
  }

  private constructor(env: MembershipEnvironment, parts: MembershipParts, history: KeptHistory) {
    this.#env = env;
    this.#parts = parts;
    this.history = history;
    this.#fold = new ViewFold(parts.founders, parts.n);
    this.#view = this.#fold.view(history.inOrder());
    this.#ring = ringOf(this.#view);
    this.#addresses = this.#addressesNow();
    this.emptying = new Emptying(env, {
      nodeId: parts.nodeId,
      history,
      departures: () => this.#view.departures,
    });
    this.#ground = this.#isSettled() ? {} : undefined;
    env.metrics.gauge(
      "ringside_ring_epoch",
      "Epoch of the ring in force.",
      {},
      () => this.ringInForce().stamp.epoch,
    );
    env.metrics.gauge(
      "ringside_ranges_awaited",
      "Ranges that the open change gives this node and that it has not received yet.",
      {},
      () => this.awaited().length,
    );
  }

  /** From now on this node says what it has received. */
  start(watch: MembershipWatch): void {
    this.#watch = watch;
    this.emptying.tell();
    this.#considerReceived();
  }

  /** Resolves when what was begun is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#later?.cancel();
    await this.history.settled();
  }

  ring(): Ring {
    return this.#ring;
  }

  ringInForce(): Ring {
    return this.#view.ring;
  }

  view(): MembershipView {
    return this.#view;
  }

  members(): ReadonlyMap<NodeId, MemberRecord> {
    return this.#view.members;
  }

  get isMember(): boolean {
    return this.#view.members.has(this.#parts.nodeId);
  }

  peers(): readonly NodeId[] {
    return this.#others([...this.#view.members.keys(), ...(this.#view.open?.ring.nodes ?? [])]);
  }

  /** Whom to gossip with: the founders are the seeds, members or not (D-4.8.2-1). */
  gossipPeers(): readonly NodeId[] {
    return this.#others([...this.peers(), ...this.#parts.founders.members.map(({ id }) => id)]);
  }

  collectionGround(): object | undefined {
    return this.#ground;
  }

  #isSettled(): boolean {
    return this.#view.open === undefined && this.emptying.notEmptied().length === 0;
  }

  addressOf(node: NodeId): string | undefined {
    return this.#addresses.get(node);
  }

  /**
   * Makes a change; resolves when it is stored here. Rejects with RangeError or FormatError, one sentence, where it is void or cannot be written,
   * as far as is known now, and with StorageError.
   */
  async issue(what: Change["what"]): Promise<Change> {
    const trial: Change = {
      issuer: issuerOf(this.#parts.nodeId, this.#parts.life),
      number: Number.MAX_SAFE_INTEGER,
      time: Number.MAX_SAFE_INTEGER,
      what,
    };
    const { founders, n } = this.#parts;
    const would = viewOf(founders, [...this.history.inOrder(), trial], n);
    const refused = would.void.find(({ change }) => change === trial);
    if (refused !== undefined) throw new RangeError(refused.reason);
    return this.history.issue(what);
  }

  /** The ranges that this node has to receive before the open change is complete. */
  awaited(): readonly number[] {
    const { open } = this.#view;
    const { nodeId, n, w } = this.#parts;
    if (open === undefined || open.received.has(nodeId)) return [];
    const hasAllOf = (owner: NodeId) => this.#watch?.hasAllOf(owner, this.#ring) === true;
    return rangesAwaited(this.#ring, { nodeId, n, w }, hasAllOf);
  }

  /** To be called when the copies were brought together with an owner's. */
  exchanged(): void {
    this.#considerReceived();
  }

  #changed(): void {
    const before = this.#view;
    const addresses = this.#addresses;
    this.#view = this.#fold.view(this.history.inOrder());
    this.#addresses = this.#addressesNow();
    const { stamp } = this.#view;
    const isSame =
      stamp.digest === this.#ring.stamp.digest && stamp.epoch === this.#ring.stamp.epoch;
    if (!isSame) {
      this.#ring = ringOf(this.#view);
      this.#tellOf(before);
    }
    // Who came and went unheard of may have had older values all the same.
    const hasMoreGone = this.#view.departures.length !== before.departures.length;
    if (!this.#isSettled()) this.#ground = undefined;
    else if (this.#ground === undefined || !isSame || hasMoreGone) this.#ground = {};
    if ([...addresses].some(([node, address]) => this.addressOf(node) !== address)) {
      this.#watch?.onMoved();
    }
    this.#watch?.onChange();
    this.emptying.tell();
    this.#considerReceived();
  }

  #tellOf(before: MembershipView): void {
    const { assertions, log } = this.#env;
    const { open, ring } = this.#view;
    const isComplete = ring.stamp.epoch > before.ring.stamp.epoch;
    assertions.sometimes("a change of the membership was complete", isComplete);
    assertions.sometimes("a change of the membership was open", open !== undefined);
    log.info(
      { epoch: ring.stamp.epoch, members: ring.nodes, open: open && changeId(open.change) },
      "The membership has changed",
    );
  }

  #considerReceived(): void {
    const { open } = this.#view;
    if (open === undefined || this.#watch === undefined || this.#stopped) return;
    const { digest } = this.#view.stamp;
    if (this.#said === digest) return;
    if (open.receivers.size === 0) {
      this.#sayForAll(open, digest);
      return;
    }
    const { nodeId } = this.#parts;
    if (!open.receivers.has(nodeId) || open.received.has(nodeId)) return;
    if (this.awaited().length > 0) return;
    this.#env.assertions.reachable("a node received all that a change gave it");
    this.#say(open, digest);
  }

  /** Nobody gains a range. Once is enough, so that those who did not issue the change wait whether somebody else says it. */
  #sayForAll(open: OpenChange, digest: string): void {
    const { nodeId, life } = this.#parts;
    if (!open.ring.nodes.includes(nodeId)) return;
    if (open.change.issuer === issuerOf(nodeId, life)) {
      this.#say(open, digest);
      return;
    }
    this.#said = digest;
    this.#later?.cancel();
    const delayMs = (0.5 + this.#env.random.float()) * SAY_FOR_ALL_MS;
    this.#later = this.#env.clock.setTimer(delayMs, () => {
      const now = this.#view;
      if (now.open !== undefined && now.stamp.digest === digest) this.#say(now.open, digest);
    });
  }

  #say({ change }: OpenChange, digest: string): void {
    this.#said = digest;
    const { nodeId: node } = this.#parts;
    const what = { kind: "received", change: changeId(change), digest, node } as const;
    this.history.issue(what).catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
      // The next exchange, or change, asks again.
      this.#said = undefined;
      this.#env.log.error({ err: error }, "Cannot store that a change was received");
    });
  }

  #others(nodes: readonly NodeId[]): readonly NodeId[] {
    const others = new Set(nodes);
    others.delete(this.#parts.nodeId);
    return [...others];
  }

  /** Who has left is still to be answered, and the last join says where it was. */
  #addressesNow(): ReadonlyMap<NodeId, string> {
    const addresses = new Map(this.#parts.founders.members.map(({ id, address }) => [id, address]));
    for (const { what } of this.history.inOrder()) {
      if (what.kind === "join") addresses.set(what.member.id, what.member.address);
    }
    return addresses;
  }
}

/** How long, more or less, the others wait for the issuer of a change that gives nobody anything. */
const SAY_FOR_ALL_MS = 5_000;

function ringOf({ ring, open, stamp }: MembershipView): Ring {
  return open === undefined ? ring : ringUnderChange(ring, open.ring, stamp);
}
