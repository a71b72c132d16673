import { toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import type { HttpCall, HttpCaller, HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";

export interface DirectReadParts {
  readonly clock: Clock;
  readonly http: HttpCaller;
  readonly nodes: readonly string[];
  /** Base URL past all faults. */
  readonly directUrl: (node: string) => string;
}

const TIMEOUT_MS = 10_000;
const ROUNDS = 3;
/** Longer than any disk of a simulated world takes to store what a read repairs. */
const PAUSE_MS = 2_000;

/**
 * Reads a key from all N, through one node after the other until one serves; undefined where none does. Its copies are equal then.
 * A damaged copy refuses the first such read and is repaired after it, so that each node is asked again some time later.
 */
export async function readFromAll(
  { clock, http, nodes, directUrl }: DirectReadParts,
  key: string,
  n: number,
): Promise<HttpCallResult | undefined> {
  const query = `?r=${n}&quorum=strict&timeoutMs=${TIMEOUT_MS}`;
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (round > 1) await waitMs(clock, PAUSE_MS);
    for (const node of nodes) {
      const url = `${directUrl(node)}${pathOf(key)}${query}`;
      const call = { method: "GET", url, headers: {}, timeoutMs: TIMEOUT_MS } as const;
      const outcome = await outcomeOf(http, call);
      if (!(outcome instanceof HttpCallError) && isServed(outcome)) return outcome;
    }
  }
  return undefined;
}

/** The answer to a call, or why there is none. */
export async function outcomeOf(
  http: HttpCaller,
  call: HttpCall,
): Promise<HttpCallResult | HttpCallError> {
  try {
    return await http.call(call);
  } catch (error) {
    if (!(error instanceof HttpCallError)) throw error;
    return error;
  }
}

/** A read that finds nothing is served too, and carries a context. */
export function isServed({ status, headers }: HttpCallResult): boolean {
  return (status >= 200 && status < 400) || (status === 404 && "x-dynamo-context" in headers);
}

export function pathOf(key: string): string {
  return `/kv64/${toBase64url(utf8Bytes(key))}`;
}
