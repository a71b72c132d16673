import type { Clock } from "../env/clock.ts";
import type { Log } from "../env/log.ts";

const PERIOD_MS = 60_000;
const PEERS_MAX = 1_000;

/** Logs refused connections at most once a minute for each peer: a misconfigured node tries again many times a second. */
export class RejectionLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #loggedMs = new Map<string, number>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  warn(peer: string, reason: string): void {
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#loggedMs.get(peer);
    if (lastMs !== undefined && nowMs - lastMs < PERIOD_MS) return;
    // Peers name themselves, so their number has no bound of its own.
    if (this.#loggedMs.size >= PEERS_MAX) this.#loggedMs.clear();
    this.#loggedMs.set(peer, nowMs);
    this.#log.warn({ peer, reason }, "refused an RPC connection");
  }
}
