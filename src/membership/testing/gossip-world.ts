import type { NodeId } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import { ManualClock } from "../../env/testing/manual-clock.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import { eventLoopTurn } from "../../platform/testing/event-loop-turn.ts";
import { FrameReader, FrameWriter } from "../../protocol/framing.ts";
import type { GossipRequest, Reply, Request } from "../../protocol/messages.ts";
import { readReply, writeReply } from "../../protocol/reply-codec.ts";
import { readRequest, writeRequest } from "../../protocol/request-codec.ts";
import type { PeerCalls } from "../../rpc/contract.ts";
import { KeptEngine } from "../../storage/testing/kept-engine.ts";
import { issuerOf } from "../change.ts";
import { Gossip } from "../gossip.ts";
import { KeptHistory } from "../kept-history.ts";
import { lifeOf } from "./change-arbitraries.ts";

export const EVERY_MS = 1_000;
const LATENCY_MS = 1;
const STEP_MS = 10;
const FRAME_BYTES_MAX = 1_000_000;
const FORM = { protocol: 4, due: 0, clock: 0 };

/** Gives the peers of a node from what it knows. */
export type PeersOf = (node: NodeId, history: KeptHistory) => readonly NodeId[];

export interface GossipingNode {
  readonly id: NodeId;
  readonly engine: KeptEngine;
  readonly history: KeptHistory;
  readonly gossip: Gossip;
  readonly env: ReturnType<typeof quietEnvironment<ManualClock>>;
}

/** Many nodes that gossip in one process on virtual time, through the store's own frames, each counted. */
export class GossipWorld {
  readonly clock = new ManualClock();
  readonly nodes = new Map<NodeId, GossipingNode>();
  /** With the frames' heads, both directions, of all nodes since it was set to 0. */
  wireBytes = 0;
  /** Each message as it was sent, while this is set. */
  onMessage: ((message: Request | Reply, sizeBytes: number) => void) | undefined;
  readonly #seed: number;
  readonly #engines = new Map<NodeId, KeptEngine>();
  readonly #silent = new Set<NodeId>();
  #lives = 0;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Starts a node, with the engine that it had before if there was one. */
  async start(id: NodeId, peersOf: PeersOf): Promise<GossipingNode> {
    const life = this.#lives++;
    const env = quietEnvironment(this.clock, this.#seed * 1_000_000 + life);
    const engine = this.#engines.get(id) ?? new KeptEngine();
    this.#engines.set(id, engine);
    const issuer = issuerOf(id, lifeOf(life % 256));
    const history = await KeptHistory.open(env, { engine, issuer, onChange: () => {} });
    const parts = { history, calls: this.#callsOf(), peers: () => peersOf(id, history) };
    const gossip = new Gossip(env, parts, { everyMs: EVERY_MS, callTimeoutMs: EVERY_MS });
    const node = { id, engine, history, gossip, env };
    this.nodes.set(id, node);
    gossip.start();
    return node;
  }

  async stop(id: NodeId): Promise<void> {
    const node = this.nodes.get(id);
    this.nodes.delete(id);
    await node?.gossip.stop();
  }

  /** From now on nobody hears the node, nor does it hear anybody. */
  silence(id: NodeId): void {
    this.#silent.add(id);
  }

  async pass(byMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < byMs; passedMs += STEP_MS) {
      this.clock.advance(STEP_MS);
      await eventLoopTurn();
    }
  }

  /** How many rounds it took until that holds. */
  async roundsUntil(holds: () => boolean, roundsMax = 60): Promise<number> {
    const startMs = this.clock.monotonicMs();
    while (!holds()) {
      if (this.clock.monotonicMs() - startMs > roundsMax * EVERY_MS) {
        throw new Error(`Cannot wait any longer: it does not hold after ${roundsMax} rounds`);
      }
      await this.pass(STEP_MS);
    }
    return (this.clock.monotonicMs() - startMs) / EVERY_MS;
  }

  /** True once all have a history of so many changes. */
  haveAll(size: number): boolean {
    return [...this.nodes.values()].every(({ history }) => history.size === size);
  }

  #callsOf(): PeerCalls {
    return {
      call: (peer, request, timeoutMs, done) => {
        let isOver = false;
        const end = (outcome: Parameters<typeof done>[0]) => {
          if (!isOver) done(outcome);
          isOver = true;
        };
        const overdue = this.clock.setTimer(timeoutMs, () => end({ kind: "timeout" }));
        this.#deliver(peer, this.#request(request), (reply) => {
          overdue.cancel();
          end({ kind: "reply", reply: this.#reply(reply) });
        });
        return {
          cancel: () => {
            isOver = true;
            overdue.cancel();
          },
        };
      },
    };
  }

  #deliver(peer: NodeId, request: Request, onReply: (reply: Reply) => void): void {
    this.clock.setTimer(LATENCY_MS, () => {
      const node = this.nodes.get(peer);
      if (node === undefined || this.#silent.has(peer)) return;
      node.gossip.answer(request as GossipRequest).then(
        (reply) => this.clock.setTimer(LATENCY_MS, () => onReply(reply)),
        () => onReply({ type: "error-reply", code: "internal", message: "" }),
      );
    });
  }

  #request(request: Request): Request {
    const { kind, body } = this.#frame(request, (to) => writeRequest(to, 1, request, FORM));
    return readRequest(kind, body, FORM.protocol).request;
  }

  #reply(reply: Reply): Reply {
    const { kind, body } = this.#frame(reply, (to) => writeReply(to, 1, reply, FORM));
    return readReply(kind, body, FORM.protocol).reply;
  }

  #frame(message: Request | Reply, write: (writer: FrameWriter) => void) {
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    write(writer);
    const bytes = Buffer.concat(writer.take());
    this.wireBytes += bytes.length;
    this.onMessage?.(message, bytes.length);
    let frame: { kind: number; body: Buffer } | undefined;
    new FrameReader(FRAME_BYTES_MAX, (kind, _id, body) => {
      frame = { kind, body };
    }).push(bytes);
    if (frame === undefined) throw new Error("Cannot read the frame that was written");
    return frame;
  }
}

/** `n1`, `n2`, … */
export function nodeIds(count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, at) => nodeId(`n${at + 1}`));
}

/** All of them know all others from the start. */
export function everybody(ids: readonly NodeId[]): PeersOf {
  return (node) => ids.filter((id) => id !== node);
}
