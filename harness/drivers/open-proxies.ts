import { setTimeout as sleep } from "node:timers/promises";
import type { ToxiproxyController } from "../toxiproxy/controller.ts";
import { openToxiproxy } from "../toxiproxy/controller.ts";
import type { EmbeddedToxiproxy } from "../toxiproxy/spawn.ts";
import { startEmbeddedToxiproxy } from "../toxiproxy/spawn.ts";
import { boundedRequest } from "./bounded-request.ts";

const WATCH_EVERY_MS = 1_000;
const WATCH_TIMEOUT_MS = 3_000;
/** A busy machine may make it late once or twice. */
const WATCH_MISSES_MAX = 3;

/**
 * Opens the Toxiproxy at `url`, or starts an embedded one. `onFailure` is told once when it stops answering. Rejects
 * with one sentence where nobody answers there.
 */
export async function openProxies(options: {
  readonly url: string | undefined;
  /** `host:port` of an embedded one. */
  readonly address: string;
  readonly run: string;
  readonly onFailure: (error: Error) => void;
}): Promise<{ readonly control: ToxiproxyController; close(): Promise<void> }> {
  const embedded = options.url === undefined ? await startAt(options.address) : undefined;
  const url = embedded?.url ?? options.url ?? "";
  try {
    const control = await openToxiproxy({ url, prefix: `${options.run}-` });
    const stopWatching = watch(url, options.onFailure);
    return {
      control,
      async close() {
        stopWatching();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startAt(address: string): Promise<EmbeddedToxiproxy> {
  const colon = address.lastIndexOf(":");
  return startEmbeddedToxiproxy({
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
  });
}

/** Asks for the version again and again; without it nothing would notice that faults have become impossible. */
function watch(url: string, onFailure: (error: Error) => void): () => void {
  const ended = new AbortController();
  void (async () => {
    let misses = 0;
    let last = "";
    while (misses < WATCH_MISSES_MAX && !ended.signal.aborted) {
      await sleep(WATCH_EVERY_MS, undefined, { signal: ended.signal, ref: false }).catch(() => {});
      try {
        await boundedRequest({ url: `${url}/version`, timeoutMs: WATCH_TIMEOUT_MS });
        misses = 0;
      } catch (error) {
        misses += 1;
        last = error instanceof Error ? error.message : String(error);
      }
    }
    if (!ended.signal.aborted) onFailure(new Error(`Toxiproxy is gone: ${last}`));
  })();
  return () => ended.abort();
}
