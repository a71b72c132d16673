import { setTimeout as sleep } from "node:timers/promises";
import type { Link } from "../nemesis/fault.ts";
import type { NodeApi } from "./node-api.ts";

const LINKS_READY_TIMEOUT_MS = 15_000;
const LINKS_READY_PAUSE_MS = 50;

/** A proxy that listens does not mean that a node hears the other: only an answer does. Rejects where one does not come. */
export async function waitUntilLinked(
  links: readonly Link[],
  apiOf: (node: string) => NodeApi,
  timeoutMs: number = LINKS_READY_TIMEOUT_MS,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  await Promise.all(
    links.map(async ({ from, to }) => {
      let last = "never asked";
      while (performance.now() < deadline) {
        const answer = await apiOf(from).probe(to);
        if (answer.answered) return;
        last = answer.detail;
        await sleep(LINKS_READY_PAUSE_MS);
      }
      throw new Error(
        `Cannot start the cluster: ${from} did not reach ${to} within ${timeoutMs} ms (${last})`,
      );
    }),
  );
}
