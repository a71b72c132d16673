import type { HmacKey } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import type { OpenedToken, TokenKind } from "../causality/context-token.ts";
import { openToken, operationsIn } from "../causality/context-token.ts";
import type { Clock } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { superseding } from "../protocol/operations.ts";
import type { GetOrder, ReadOutcome } from "./get-request.ts";
import { GetRequest } from "./get-request.ts";
import type { CoordinatorOptions, CoordinatorParts, Minted } from "./parts.ts";
import { PutRequest } from "./put-request.ts";
import { honestRefusal } from "./refused-repeat.ts";
import { writeCandidates } from "./write-candidates.ts";

/** What opening a context token needs besides the token. */
export interface ContextSecrets {
  readonly clusterId: string;
  readonly macKey: HmacKey;
}

export interface WriteOrder {
  readonly key: Uint8Array;
  /** The context token of the client; empty for a blind write. */
  readonly context: Uint8Array;
  readonly payload: Uint8Array;
  readonly w: number;
  readonly quorum: CoordinatorOptions["quorum"];
  readonly timeoutMs: number;
}

/** What decides which nodes may coordinate a write. */
type Placed = Pick<WriteOrder, "key" | "quorum">;

/** Carries client requests for one node: reads of any key, writes of keys it may coordinate (paper 4.5, 6.4). */
export class Coordinator {
  readonly #environment: Environment;
  readonly #parts: CoordinatorParts;
  readonly #options: CoordinatorOptions;
  readonly #secrets: ContextSecrets;

  constructor(
    environment: Environment,
    parts: CoordinatorParts,
    options: CoordinatorOptions,
    secrets: ContextSecrets,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#secrets = secrets;
  }

  /** Throws DynamoError where it refuses at once, or rejects with it. */
  get(order: GetOrder): Promise<ReadOutcome> {
    return new GetRequest(this.#environment, this.#parts, this.#options, order).run();
  }

  /** Coordinates a write here. Rejects with DynamoError. */
  async put(order: WriteOrder): Promise<Minted> {
    const { clock } = this.#environment;
    const deadlineMs = clock.monotonicMs() + order.timeoutMs;
    const context = this.openContext(order.key, order.context);
    const payload = superseding(order.payload, operationsIn(order.context));
    const put = { ...order, context, payload };
    if (!this.isCandidate(order)) {
      // Whoever forwarded it goes by a ring before: here its copy would be a hint, and a strict quorum counts none.
      this.#environment.assertions.reachable("a strict write came to a node that has lost the key");
      throw new DynamoError("stale-ring", "Cannot coordinate: the key is not this node's any more");
    }
    this.#parts.instruments.writes.increment();
    try {
      return await new PutRequest(this.#environment, this.#parts, this.#options, put).run();
    } catch (error) {
      const timeoutMs = Math.max(0, deadlineMs - clock.monotonicMs());
      throw await honestRefusal(this.#environment, this.#parts, { ...put, timeoutMs }, error);
    }
  }

  /** The nodes that are to coordinate a write, in the order in which to try them. Throws DynamoError bad-context. */
  writeCandidates(order: Placed & Pick<WriteOrder, "context">): Generator<NodeId> {
    const { nodeId: self, detector } = this.#parts;
    const { writeCoordinator: policy, n } = this.#options;
    // Under any other policy there is no need to open the context here: whoever coordinates does.
    const fastestReader =
      policy === "fastest-reader" ? this.#open(order.key, order.context).reader : undefined;
    this.#environment.assertions.sometimes(
      "a write's context named the node that answered its read first",
      fastestReader !== undefined,
    );
    return writeCandidates({
      policy,
      self,
      list: this.#candidates(order),
      n,
      isUp: (node) => detector.isUp(node),
      fastestReader,
      drawBelow: (count) => this.#environment.random.uint32() % count,
    });
  }

  /** True where this node may coordinate the key's writes if nobody before it does: with strict quorums only its owners. */
  isCandidate(order: Placed): boolean {
    return this.#candidates(order).includes(this.#parts.nodeId);
  }

  /** Throws DynamoError bad-context; an empty token is the empty context. */
  openContext(key: Uint8Array, token: Uint8Array, kind: TokenKind = "context"): Clock {
    return this.#open(key, token, kind).clock;
  }

  #open(key: Uint8Array, token: Uint8Array, kind: TokenKind = "context"): OpenedToken {
    if (token.length === 0) return { clock: this.#parts.versioning.empty.clock, reader: undefined };
    const { clusterId, macKey } = this.#secrets;
    const { mode, actors } = this.#parts.versioning;
    try {
      return openToken(token, { clusterId, key, mode, actors, kind }, macKey);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DynamoError("bad-context", reason, { cause: error });
    }
  }

  #candidates({ key, quorum }: Placed): readonly NodeId[] {
    const list = this.#parts.ring().preferenceList(key);
    return quorum === "sloppy" ? list : list.slice(0, this.#options.n);
  }
}
