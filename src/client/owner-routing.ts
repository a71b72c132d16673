/*
 * The client that goes to a key's nodes by itself (paper 6.4; D-4.5-1, D-6.4-3).
 *
 * Problem. It needs the ring, which changes, and nobody tells it. A wrong ring does no harm: the node that is asked in vain forwards, as it
 * would for any client; but then the library is of no use.
 * Sketch. The ring is pulled from a random node: every 10 s while the client is in use, and at once where a node gave no answer, or where an answer
 * names another ring than the request did (then from the node that said so). No call ever waits for it: a call that finds no ring goes to any
 * endpoint, which costs a forward, and to wait would cost as much. So there is no timer, and a client that is let go leaves at most one
 * request under way. A node may be behind the others: what it says is not taken for newer, unless nobody has confirmed the own ring
 * for long, as where a cluster was made anew and counts from one again.
 */

import { RING_HEADER } from "../protocol/headers.ts";
import { epochOfTag } from "../protocol/ring-tag.ts";
import type { ClientParts } from "./attempts.ts";
import type { ClientSettings, RingPoll } from "./client-options.ts";
import type { EndpointChooser } from "./endpoint-choice.ts";
import type { HttpCallResult } from "./http-caller.ts";
import type { RingView } from "./ring-view.ts";
import { readRing } from "./ring-view.ts";
import type { Route, Routing } from "./routing.ts";

/** The paper's. */
const POLL_MS = 10_000;
/** From one refresh to the next at least, doubled with each that fails, up to `POLL_MS`. */
const PAUSE_MS = 500;
/** After so long without a word for it a newer ring gives way to an older one. */
const FORGET_MS = 3 * POLL_MS;
const RING_PATH = "/admin/ring";

export class OwnerRouting implements Routing {
  readonly #parts: ClientParts;
  readonly #settings: ClientSettings;
  readonly #chooser: EndpointChooser;
  #view: RingView | undefined;
  /** When a node last said that the view's ring is its own. */
  #confirmedMs = Number.NEGATIVE_INFINITY;
  /** When the next refresh is due. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #begunMs = Number.NEGATIVE_INFINITY;
  #isUnderWay = false;
  #failures = 0;
  /** True where the view became doubtful while a refresh was under way, which may have missed why. */
  #isDoubtedAgain = false;

  constructor(parts: ClientParts, settings: ClientSettings, chooser: EndpointChooser) {
    this.#parts = parts;
    this.#settings = settings;
    this.#chooser = chooser;
  }

  routeOf(key: Uint8Array): Route {
    this.#refreshWhenDue(undefined);
    return {
      endpoints: () => this.#view?.endpointsOf(key) ?? this.#settings.endpoints,
      headers: () => (this.#view === undefined ? {} : { [RING_HEADER]: this.#view.tag }),
      heard: (endpoint, answer) => this.#heard(endpoint, answer),
    };
  }

  #heard(endpoint: string, answer: HttpCallResult | undefined): void {
    if (this.#view === undefined) return;
    if (answer === undefined) {
      this.#doubt(undefined);
      return;
    }
    const tag = answer.headers[RING_HEADER];
    // The request may be older than the view; and a node that is behind has nothing to tell.
    if (tag === undefined || tag === this.#view.tag || epochOfTag(tag) < this.#view.epoch) return;
    this.#doubt(endpoint);
  }

  /** `source` knows better, where somebody does. */
  #doubt(source: string | undefined): void {
    this.#isDoubtedAgain = this.#isUnderWay;
    const pauseMs = this.#failures > 0 ? this.#pauseMs() : PAUSE_MS;
    this.#dueMs = Math.min(this.#dueMs, this.#begunMs + pauseMs);
    this.#refreshWhenDue(source);
  }

  #refreshWhenDue(source: string | undefined): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#isUnderWay || nowMs < this.#dueMs) return;
    this.#isUnderWay = true;
    this.#isDoubtedAgain = false;
    this.#begunMs = nowMs;
    this.#refresh(source ?? this.#anyEndpoint(nowMs)).then((poll) => {
      this.#isUnderWay = false;
      this.#failures = poll.outcome === "failed" ? this.#failures + 1 : 0;
      this.#dueMs = this.#begunMs + this.#pauseMs();
      this.#settings.onRingPoll(poll);
    });
  }

  #pauseMs(): number {
    if (this.#failures > 0) return Math.min(PAUSE_MS * 2 ** (this.#failures - 1), POLL_MS);
    return this.#isDoubtedAgain ? PAUSE_MS : POLL_MS;
  }

  /** Never rejects. */
  async #refresh(endpoint: string): Promise<RingPoll> {
    const { clock, http } = this.#parts;
    try {
      const answer = await http.call({
        url: `${endpoint}${RING_PATH}`,
        method: "GET",
        timeoutMs: this.#settings.attemptTimeoutMs,
      });
      if (answer.status !== 200) throw new Error(`the answer has status ${answer.status}`);
      const view = readRing(answer.body, this.#settings);
      return { endpoint, outcome: this.#learn(view, clock.monotonicMs()), ring: view.tag };
    } catch (cause) {
      return { endpoint, outcome: "failed", cause };
    }
  }

  #learn(view: RingView, nowMs: number): "changed" | "confirmed" | "older" {
    const known = this.#view;
    const isBehind = known !== undefined && view.epoch < known.epoch;
    if (isBehind && nowMs - this.#confirmedMs < FORGET_MS) return "older";
    this.#view = view;
    this.#confirmedMs = nowMs;
    if (view.tag === known?.tag) return "confirmed";
    this.#chooser.keepOnly([...view.endpoints, ...this.#settings.endpoints]);
    return "changed";
  }

  /** A random one, not of those that just gave no answer, if there are others. */
  #anyEndpoint(nowMs: number): string {
    const all = this.#view?.endpoints ?? this.#settings.endpoints;
    const trusted = all.filter((endpoint) => !this.#chooser.isSuspected(endpoint, nowMs));
    const from = trusted.length > 0 ? trusted : all;
    return from[this.#parts.random.uint32() % from.length] ?? "";
  }
}
