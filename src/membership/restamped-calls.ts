import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Request } from "../protocol/messages.ts";
import type { Ring, RingStamp } from "../ring/ring.ts";
import { hasSameOwners, hasSameReaders } from "../ring/same-owners.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";

export interface RestampedCallsParts {
  readonly calls: PeerCalls;
  readonly ring: () => Ring;
  /** Brings the histories of this node and a peer together; never rejects. */
  readonly meet: (peer: NodeId) => Promise<void>;
  readonly n: number;
  /** True once others take this node for one that never comes back: what it was about to send goes to nobody. Undefined: never. */
  readonly isSilenced?: () => boolean;
}

/**
 * Calls of a node whose ring may be behind its peers', or ahead of them. A request that is refused for its stamp is sent once more, under the stamp
 * of now, once both have told each other what they know of the membership; but only where the key's owners, now and next, are those with
 * which the request began, since it counts its answers by them. So a change costs a round trip or two, once for each pair of nodes (K-17).
 */
export class RestampedCalls implements PeerCalls {
  readonly #env: Pick<Environment, "clock" | "assertions">;
  readonly #parts: RestampedCallsParts;
  /** The rings of late, the last one first: requests live no longer. */
  #rings: readonly Ring[] = [];

  constructor(env: Pick<Environment, "clock" | "assertions">, parts: RestampedCallsParts) {
    this.#env = env;
    this.#parts = parts;
  }

  call(peer: NodeId, request: Request, timeoutMs: number, done: (outcome: Outcome) => void): Timer {
    const { calls, ring } = this.#parts;
    this.#remember(ring());
    if (!isRestampable(request)) return calls.call(peer, request, timeoutMs, done);
    const { clock, assertions } = this.#env;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const leftMs = (): number => deadlineMs - clock.monotonicMs();
    let isCancelled = false;
    let timer = calls.call(peer, request, timeoutMs, (outcome) => {
      // A node that was paused may find the refusal when the time is up.
      if (!isStale(outcome) || leftMs() <= 0) {
        done(outcome);
        return;
      }
      let isOver = false;
      const end = (): void => {
        isOver = true;
        done(outcome);
      };
      // However long the other takes to tell: whoever asked wants an answer by then.
      timer = clock.setTimer(leftMs(), end);
      this.#caughtUp(peer, request.ring).then(() => {
        // Where this comes before a timer that is late, that one ends it.
        if (isCancelled || isOver || leftMs() <= 0) return;
        timer.cancel();
        const again = this.#restamped(request);
        if (again === undefined) {
          assertions.reachable("a request ended because the ring had changed");
          end();
          return;
        }
        assertions.reachable("a request was sent again under another ring");
        timer = calls.call(peer, again, leftMs(), done);
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Whoever refuses has met this node, mostly; then it is this one that has to send again. */
  async #caughtUp(peer: NodeId, asked: RingStamp): Promise<void> {
    if (isEqual(this.#parts.ring().stamp, asked)) await this.#parts.meet(peer);
  }

  /** Under the stamp of now. Undefined where its answer would be that of another question. */
  #restamped(request: Restampable): Restampable | undefined {
    if (this.#parts.isSilenced?.() === true) return undefined;
    const now = this.#parts.ring();
    this.#remember(now);
    // Whoever coordinates goes by its own ring.
    if (request.type === "forward") return { ...request, ring: now.stamp };
    const before = this.#rings.find(({ stamp }) => isEqual(stamp, request.ring));
    if (before === undefined) return undefined;
    const partition = now.partitionOf(request.key);
    const { n } = this.#parts;
    const isSame = request.type === "get" ? hasSameReaders : hasSameOwners;
    return isSame(before, now, partition, n) ? { ...request, ring: now.stamp } : undefined;
  }

  #remember(ring: Ring): void {
    if (this.#rings[0] === ring) return;
    this.#rings = [ring, ...this.#rings].slice(0, RINGS_KEPT);
  }
}

const RINGS_KEPT = 4;

type Restampable = Extract<Request, { readonly type: "get" | "put" | "forward" }>;

/** Others are of exchanges and walks, which begin anew. */
function isRestampable(request: Request): request is Restampable {
  return request.type === "get" || request.type === "put" || request.type === "forward";
}

function isStale(outcome: Outcome): boolean {
  return (
    outcome.kind === "reply" &&
    outcome.reply.type === "error-reply" &&
    outcome.reply.code === "stale-ring"
  );
}

function isEqual(left: RingStamp, right: RingStamp): boolean {
  return left.digest === right.digest && left.epoch === right.epoch;
}
