import type { Clock } from "../../env/clock.ts";
import type { HttpCall, HttpCaller, HttpCallResult } from "../http-caller.ts";
import { HttpCallError } from "../http-caller.ts";

/** What happens to one call: an answer, nothing sent, lost after sending, silence until the time is over, or an answer over the bound. */
export type Step = HttpCallResult | "refused" | "reset" | "hangs" | "too large";

export interface SeenCall extends HttpCall {
  readonly atMs: number;
}

/**
 * Plays one step a call, in order, whatever is asked; fails the test when the script is used up. Where there is an answer for the ring, who
 * asks for that gets it and uses up no step.
 */
export class ScriptedHttp implements HttpCaller {
  readonly seen: SeenCall[] = [];
  /** Those for the ring. */
  readonly ringCalls: SeenCall[] = [];
  readonly #clock: Clock;
  readonly #steps: Step[];
  #ring: Step | undefined;

  constructor(clock: Clock, steps: readonly Step[]) {
    this.#clock = clock;
    this.#steps = [...steps];
  }

  /** From now on. */
  answerRingWith(step: Step): void {
    this.#ring = step;
  }

  async call(call: HttpCall): Promise<HttpCallResult> {
    const seen = { ...call, atMs: this.#clock.monotonicMs() };
    const asksForRing = this.#ring !== undefined && call.url.endsWith("/admin/ring");
    (asksForRing ? this.ringCalls : this.seen).push(seen);
    const step = asksForRing ? this.#ring : this.#steps.shift();
    switch (step) {
      case undefined:
        throw new Error(`Cannot answer call ${this.seen.length} to ${call.url}: no step is left`);
      case "refused":
        throw new HttpCallError(false, "connection refused");
      case "reset":
        throw new HttpCallError(true, "connection reset");
      case "hangs":
        await new Promise<void>((resolve) => this.#clock.setTimer(call.timeoutMs, resolve));
        throw new HttpCallError(true, `no answer within ${call.timeoutMs} ms`);
      case "too large":
        throw new HttpCallError(true, "the response is over the limit", { isTooLarge: true });
      default:
        return step;
    }
  }
}

const encoder = new TextEncoder();

export function answer(
  status: number,
  headers: HttpCallResult["headers"] = {},
  body: Uint8Array | string = "",
): HttpCallResult {
  return { status, headers, body: typeof body === "string" ? encoder.encode(body) : body };
}

/** An error answer as nodes give it. */
export function problem(
  status: number,
  code: string,
  definite: boolean,
  headers: HttpCallResult["headers"] = {},
): HttpCallResult {
  const body = JSON.stringify({ code, definite, detail: `detail of ${code}` });
  return answer(status, { "content-type": "application/problem+json", ...headers }, body);
}
