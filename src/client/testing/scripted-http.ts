import type { Clock } from "../../env/clock.ts";
import type { HttpCall, HttpCaller, HttpCallResult } from "../http-caller.ts";
import { HttpCallError } from "../http-caller.ts";

/** What happens to one call: an answer, nothing sent, lost after sending, or silence until the time is over. */
export type Step = HttpCallResult | "refused" | "reset" | "hangs";

export interface SeenCall extends HttpCall {
  readonly atMs: number;
}

/** Plays one step a call, in order, whatever is asked; fails the test when the script is used up. */
export class ScriptedHttp implements HttpCaller {
  readonly seen: SeenCall[] = [];
  readonly #clock: Clock;
  readonly #steps: Step[];

  constructor(clock: Clock, steps: readonly Step[]) {
    this.#clock = clock;
    this.#steps = [...steps];
  }

  async call(call: HttpCall): Promise<HttpCallResult> {
    this.seen.push({ ...call, atMs: this.#clock.monotonicMs() });
    const step = this.#steps.shift();
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
