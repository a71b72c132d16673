import type { Direction } from "./toxic.ts";

/**
 * What one direction of one proxy has carried, in bytes. Links add to it directly, as it is touched
 * for every chunk.
 */
export interface LinkCounters {
  receivedBytes: number;
  sentBytes: number;
}

/** The labels of one series; a proxy that moved to other addresses has several. */
export interface LinkLabels {
  readonly direction: Direction;
  readonly listener: string;
  readonly proxy: string;
  readonly upstream: string;
}

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The byte counters of all proxies.
 *
 * Unlike the real server's, which only count a connection when it ends, these are up to date at
 * every moment: a harness asks them whether a link carries traffic while it does. The counters of a
 * deleted proxy are dropped with it, so that they cannot pile up.
 */
export class Metrics {
  readonly #series = new Map<
    string,
    { readonly labels: LinkLabels; readonly counters: LinkCounters }
  >();

  /** The counters for these labels, made at the first call. */
  counters(labels: LinkLabels): LinkCounters {
    const key = labelText(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known.counters;
    const counters = { receivedBytes: 0, sentBytes: 0 };
    this.#series.set(key, { labels, counters });
    return counters;
  }

  forget(proxy: string): void {
    for (const [key, { labels }] of this.#series) {
      if (labels.proxy === proxy) this.#series.delete(key);
    }
  }

  /** All counters in the text format of Prometheus. */
  render(): string {
    const sorted = [...this.#series].sort(([left], [right]) => (left < right ? -1 : 1));
    const received = sorted.map(([text, { counters }]) => [text, counters.receivedBytes] as const);
    const sent = sorted.map(([text, { counters }]) => [text, counters.sentBytes] as const);
    return (
      family("toxiproxy_proxy_received_bytes_total", received) +
      family("toxiproxy_proxy_sent_bytes_total", sent)
    );
  }
}

function family(name: string, samples: readonly (readonly [string, number])[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => `${name}{${labels}} ${value}\n`);
  return `# HELP ${name} \n# TYPE ${name} counter\n${lines.join("")}`;
}

function labelText({ direction, listener, proxy, upstream }: LinkLabels): string {
  const pairs = Object.entries({ direction, listener, proxy, upstream });
  return pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
