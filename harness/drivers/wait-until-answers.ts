import { setTimeout as sleep } from "node:timers/promises";
import { boundedRequest } from "./bounded-request.ts";

const ASK_TIMEOUT_MS = 1_000;
const PAUSE_MS = 25;

/**
 * Asks a URL until it answers 200. Resolves to undefined then, and to the reason of the last failure where `timeoutMs` has
 * passed or `isGivenUp` says that nobody will answer any more.
 */
export async function waitUntilAnswers(
  url: string,
  options: { readonly timeoutMs: number; readonly isGivenUp?: () => boolean },
): Promise<string | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  let last = "never asked";
  while (performance.now() < deadline && options.isGivenUp?.() !== true) {
    try {
      const { status } = await boundedRequest({ url, timeoutMs: ASK_TIMEOUT_MS });
      if (status === 200) return undefined;
      last = `it answered ${status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(PAUSE_MS);
  }
  return last;
}
