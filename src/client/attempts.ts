/*
 * Runs one call as a chain of attempts.
 *
 * Problem. A call has to survive nodes that are down, hung or overloaded, within its deadline and without making things
 * worse, and has to say honestly whether a failed write may have happened.
 * Sketch. A read goes on to the next node after anything that another node or moment may cure. A write goes on only where
 * the failed attempt certainly did not happen, or where the write has a name by which nodes know it again (K-11). A node
 * that gave no answer is followed at once by one not yet asked; everything else waits, exponentially longer and jittered,
 * so that clients of an overloaded cluster spread out. The final error is definite only if every attempt was (D-4.5-7); a
 * failed read is always definite, since it changed nothing.
 */

import type { Clock } from "../env/clock.ts";
import type { Random } from "../env/random.ts";
import { waitMs } from "../env/wait.ts";
import type { Attempt, ClientSettings } from "./client-options.ts";
import { ClientError } from "./contract.ts";
import type { EndpointChoice, EndpointChooser } from "./endpoint-choice.ts";
import type { Failure, Outcome } from "./failure.ts";
import { callFailure } from "./failure.ts";
import type { HttpCall, HttpCaller, HttpCallResult } from "./http-caller.ts";
import type { Route } from "./routing.ts";

export interface ClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpCaller;
}

/** One call of the library, ready to be sent to any endpoint. */
export interface Call<T> {
  readonly verb: Attempt["verb"];
  /** Whom to ask. */
  readonly route: Route;
  /** Whole time, in milliseconds. */
  readonly timeoutMs: number;
  /** Retries also what may have happened. Reads say true. */
  readonly retryIndefinite: boolean;
  /** The request to this endpoint, which has `timeoutMs` for its answer. */
  request(endpoint: string, timeoutMs: number): HttpCall;
  read(answer: HttpCallResult, wallMs: number): Outcome<T>;
}

/** Thrown when a call's last attempt failed. */
export class FailedCallError extends ClientError {
  /** The endpoint of the last attempt. */
  readonly endpoint: string;
  readonly attempts: number;

  constructor(failure: Failure, definite: boolean, verb: string, last: LastAttempt) {
    const doubt = definite ? "it did not happen" : "it may have happened";
    super(
      failure.code,
      definite,
      `Cannot ${verb}: ${failure.code} from ${last.endpoint} after ${last.attempts} attempt(s), ${doubt}: ${failure.detail}`,
      { cause: failure.cause },
    );
    this.endpoint = last.endpoint;
    this.attempts = last.attempts;
  }
}

interface LastAttempt {
  readonly endpoint: string;
  readonly attempts: number;
}

/** Resolves with the first success; rejects with FailedCallError when retries, time or hope have run out. */
export async function runAttempts<T>(
  parts: ClientParts,
  settings: ClientSettings,
  chooser: EndpointChooser,
  call: Call<T>,
): Promise<T> {
  const { clock } = parts;
  const deadlineMs = clock.monotonicMs() + call.timeoutMs;
  const { route } = call;
  let tries = NO_TRIES;
  let definite = true;
  const choose = (number: number): EndpointChoice => {
    const nowMs = clock.monotonicMs();
    const mayGoOn = call.retryIndefinite && number <= settings.retriesMax;
    const isProbeCostly = !mayGoOn || deadlineMs - nowMs <= settings.attemptTimeoutMs;
    return chooser.choose(nowMs, route.endpoints(), { tries, isProbeCostly });
  };
  let choice = choose(1);
  for (let number = 1; ; number += 1) {
    const { endpoint } = choice;
    const startMs = clock.monotonicMs();
    const timeoutMs = Math.max(1, Math.min(settings.attemptTimeoutMs, deadlineMs - startMs));
    chooser.asked(endpoint, startMs, timeoutMs);
    const { outcome, answer } = await attemptOnce(parts, settings, call, {
      endpoint,
      number,
      timeoutMs,
    });
    if (outcome.ok) {
      chooser.trust(endpoint);
      route.heard(endpoint, answer);
      return outcome.value;
    }
    const { failure } = outcome;
    const nowMs = clock.monotonicMs();
    // The time that earlier attempts left says little of a node that was silent in it.
    const wholeMs = Math.min(settings.attemptTimeoutMs, call.timeoutMs);
    const isCutShort = timeoutMs < wholeMs / 2 && nowMs - startMs >= timeoutMs;
    if (!failure.silent) chooser.trust(endpoint);
    else if (!isCutShort) chooser.doubt(endpoint, startMs, nowMs);
    if (failure.retryAfterMs > 0) chooser.holdOff(endpoint, nowMs + failure.retryAfterMs);
    if (failure.silent || answer !== undefined) route.heard(endpoint, answer);
    tries = new Map(tries).set(endpoint, (tries.get(endpoint) ?? 0) + 1);
    definite &&= failure.definite || call.verb === "get";

    const goesOn = failure.retryable && (failure.definite || call.retryIndefinite);
    choice = choose(number + 1);
    const untried = !tries.has(choice.endpoint);
    const backoffMs = failure.silent && untried ? 0 : backoff(settings, parts.random, number);
    const delayMs = Math.max(choice.waitMs, backoffMs);
    if (!goesOn || number > settings.retriesMax || nowMs + delayMs >= deadlineMs) {
      throw new FailedCallError(failure, definite, call.verb, { endpoint, attempts: number });
    }
    if (delayMs > 0) {
      await waitMs(clock, delayMs);
      // Meanwhile the way may have become another: the ring was read anew.
      choice = choose(number + 1);
    }
  }
}

/** Most calls end with their first attempt. */
const NO_TRIES: ReadonlyMap<string, number> = new Map();

interface AttemptPlace {
  readonly endpoint: string;
  readonly number: number;
  readonly timeoutMs: number;
}

async function attemptOnce<T>(
  { clock, http }: ClientParts,
  settings: ClientSettings,
  call: Call<T>,
  { endpoint, number, timeoutMs }: AttemptPlace,
): Promise<{ readonly outcome: Outcome<T>; readonly answer: HttpCallResult | undefined }> {
  const startMs = clock.monotonicMs();
  let outcome: Outcome<T>;
  let answer: HttpCallResult | undefined;
  try {
    answer = await http.call(call.request(endpoint, timeoutMs));
    outcome = call.read(answer, clock.wallMs());
  } catch (error) {
    outcome = { ok: false, failure: callFailure(error) };
  }
  settings.onAttempt({
    verb: call.verb,
    endpoint,
    number,
    durationMs: clock.monotonicMs() - startMs,
    status: answer?.status,
    code: outcome.ok ? undefined : outcome.failure.code,
  });
  return { outcome, answer };
}

/** "Full jitter": uniform below an exponentially growing bound. */
function backoff(settings: ClientSettings, random: Random, number: number): number {
  return random.float() * Math.min(settings.backoffMs * 2 ** (number - 1), settings.backoffMsMax);
}
