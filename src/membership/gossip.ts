import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { countOfPage } from "../protocol/gossip-codec.ts";
import type { GossipReply, GossipRequest, HistoryVector } from "../protocol/messages.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import type { KeptHistory } from "./kept-history.ts";

/*
 * Problem: all nodes have to hear of every change, whoever is down or cut off meanwhile, and without anybody who knows of all (paper 4.8.1, D-4.8.1-4).
 *
 * Sketch: every second a node compares histories with one peer, drawn at random among members and seeds.
 *
 *     node                                    peer
 *      | digest ----------------------------->|     equal: that was all, 16 bytes
 *      |<----------------------------- vector |
 *      | vector, what the peer lacks -------->|     stores it
 *      |<-------------- what the node lacks   |
 *     stores it
 *
 * So what either knows both know, and the number of those who have heard of a change multiplies with each round. Nothing
 * else travels: no word of who is up (D-4.8.3-3). A message takes so many bytes of changes, and what is left the next round brings.
 *
 * Where a request shows that two nodes have different rings they `meet` at once: a change comes to all that need it with the next request.
 */

/** What a node keeps, as gossip needs it. */
export type GossipedHistory = Pick<
  KeptHistory,
  "digest" | "vector" | "missingFor" | "merge" | "settled"
>;

export interface GossipParts {
  readonly history: GossipedHistory;
  readonly calls: PeerCalls;
  /** Members and seeds, each once, without this node. */
  readonly peers: () => readonly NodeId[];
}

type GossipEnvironment = Pick<Environment, "clock" | "random" | "log" | "metrics">;

export interface GossipOptions {
  /** From the end of a round to the next, in milliseconds; paper: 1,000. Lower: changes spread faster, and cost more at rest. */
  readonly everyMs: number;
  /** Of each of the two calls of a round. */
  readonly callTimeoutMs: number;
}

export class Gossip {
  readonly #env: GossipEnvironment;
  readonly #parts: GossipParts;
  readonly #options: GossipOptions;
  readonly #rounds: Readonly<Record<RoundEnd, Counter>>;
  readonly #conflicts: Counter;
  readonly #meetings = new Map<NodeId, Promise<void>>();
  /** Until when there is nothing to be had of a peer, by `monotonicMs`: the last meeting brought nothing. */
  readonly #notBeforeMs = new Map<NodeId, number>();
  /** Each gives up a call under way. */
  readonly #giveUps = new Set<() => void>();
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;
  #stopped = false;

  constructor(env: GossipEnvironment, parts: GossipParts, options: GossipOptions) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    const rounds = (outcome: RoundEnd) =>
      env.metrics.counter("ringside_gossip_rounds_total", "Rounds of gossip by how they ended.", {
        outcome,
      });
    this.#rounds = {
      equal: rounds("equal"),
      reconciled: rounds("reconciled"),
      failed: rounds("failed"),
    };
    this.#conflicts = env.metrics.counter(
      "ringside_gossip_conflicts_total",
      "Peers' histories that differ under the same numbers.",
    );
  }

  /** The first round comes after a part of `everyMs` that is drawn, so that nodes started together keep no step. */
  start(): void {
    this.#later(this.#env.random.float() * this.#options.everyMs);
  }

  /** Gives up the call under way, and resolves when what came before is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const giveUp of this.#giveUps) giveUp();
    await Promise.all([this.#underWay, ...this.#meetings.values()]);
    await this.#parts.history.settled();
  }

  /**
   * Compares histories with a peer at once. Resolves when that has ended, well or not; at once where one that brought nothing
   * was just before. Those who want the same peer at once share one round, so that the peers bound how many there are.
   */
  meet(peer: NodeId): Promise<void> {
    const known = this.#meetings.get(peer);
    if (known !== undefined) return known;
    const nowMs = this.#env.clock.monotonicMs();
    if (this.#stopped || nowMs < (this.#notBeforeMs.get(peer) ?? nowMs)) return Promise.resolve();
    const meeting = this.#roundWith(peer).then((end) => {
      this.#meetings.delete(peer);
      if (end === "reconciled") this.#notBeforeMs.delete(peer);
      else this.#notBeforeMs.set(peer, this.#env.clock.monotonicMs() + FRUITLESS_PAUSE_MS);
    });
    this.#meetings.set(peer, meeting);
    return meeting;
  }

  /** The other end of a round. Resolves when what came is stored. Rejects with FormatError, StorageError. */
  async answer(request: GossipRequest): Promise<GossipReply> {
    const { history } = this.#parts;
    if (isConflict(history, request)) {
      this.#conflicts.increment();
      this.#env.log.error({}, "A peer's history has other changes under the same numbers");
    }
    // Before the merge: what the peer has just sent it does not lack.
    const reply = answerTo(history, request);
    await history.merge(request.changes);
    return reply;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#env.clock.setTimer(delayMs, () => {
      this.#underWay = this.#round().finally(() => {
        this.#underWay = undefined;
        this.#later(this.#options.everyMs);
      });
    });
  }

  async #round(): Promise<void> {
    const peers = this.#parts.peers();
    const peer = peers[Math.floor(this.#env.random.float() * peers.length)];
    if (peer !== undefined) await this.#roundWith(peer);
  }

  async #roundWith(peer: NodeId): Promise<RoundEnd> {
    const end = await this.#reconcile(peer).catch((error: unknown): RoundEnd => {
      if (!(error instanceof FormatError || error instanceof StorageError)) throw error;
      this.#env.log.error({ peer, err: error }, "Cannot take what a peer knows of the membership");
      return "failed";
    });
    this.#rounds[end].increment();
    return end;
  }

  async #reconcile(peer: NodeId): Promise<RoundEnd> {
    const { history } = this.#parts;
    const { digest } = history;
    const first = await this.#ask(peer, { type: "gossip", digest, vector: undefined, changes: [] });
    if (first === undefined) return "failed";
    if (first.vector === undefined) return "equal";
    const second = await this.#ask(peer, {
      type: "gossip",
      digest: history.digest,
      vector: history.vector,
      changes: pageFor(history, first.vector),
    });
    if (second === undefined) return "failed";
    await history.merge(second.changes);
    return "reconciled";
  }

  /** Undefined where the peer gave no answer, or none that this is about. */
  #ask(peer: NodeId, request: GossipRequest): Promise<GossipReply | undefined> {
    if (this.#stopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (reply: GossipReply | undefined): void => {
        this.#giveUps.delete(giveUp);
        resolve(reply);
      };
      const { calls } = this.#parts;
      const call = calls.call(peer, request, this.#options.callTimeoutMs, (outcome) => {
        const reply = outcome.kind === "reply" ? outcome.reply : undefined;
        end(reply?.type === "gossip-reply" ? reply : undefined);
      });
      const giveUp = (): void => {
        call.cancel();
        end(undefined);
      };
      this.#giveUps.add(giveUp);
    });
  }
}

/** Two whose histories are equal, or who cannot talk, learn nothing by doing it again for each request. */
const FRUITLESS_PAUSE_MS = 100;

/** How a round ended. `failed`: no answer, or it could not be stored. */
type RoundEnd = "equal" | "reconciled" | "failed";

/** What a node answers to a peer that has just this. */
export function answerTo(
  history: Pick<GossipedHistory, "digest" | "vector" | "missingFor">,
  { digest, vector }: Pick<GossipRequest, "digest" | "vector">,
): GossipReply {
  if (equalBytes(digest, history.digest)) return { type: "gossip-reply", ...NOTHING };
  if (vector === undefined) return { type: "gossip-reply", vector: history.vector, changes: [] };
  return { type: "gossip-reply", vector: undefined, changes: pageFor(history, vector) };
}

const NOTHING = { vector: undefined, changes: [] } as const;

/** What a peer of that vector lacks, the first of it, as much as a message takes. */
function pageFor(
  history: Pick<GossipedHistory, "missingFor">,
  vector: HistoryVector,
): readonly Uint8Array[] {
  const missing = history.missingFor(vector);
  return missing.slice(0, countOfPage(missing));
}

/** The numbers are the same and the changes are not. */
function isConflict(
  history: Pick<GossipedHistory, "digest" | "vector">,
  { digest, vector }: Pick<GossipRequest, "digest" | "vector">,
): boolean {
  if (vector === undefined || equalBytes(digest, history.digest)) return false;
  const own = history.vector;
  return (
    own.size === vector.size && [...own].every(([issuer, number]) => vector.get(issuer) === number)
  );
}
