/** Bytes in each direction: upstream from clients, downstream from the upstream. */
export interface CarriedBytes {
  readonly upstream: number;
  readonly downstream: number;
}

const SAMPLE = /^toxiproxy_proxy_received_bytes_total\{(.*)\} (\S+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * The received bytes of each proxy, by its full name, out of the text of /metrics. The series of a
 * proxy that was moved to other addresses are added up.
 */
export function readReceivedBytes(text: string): ReadonlyMap<string, CarriedBytes> {
  const received = new Map<string, CarriedBytes>();
  for (const [, labels = "", value = ""] of text.matchAll(SAMPLE)) {
    const { proxy, direction } = readLabels(labels);
    if (proxy === undefined || (direction !== "upstream" && direction !== "downstream")) continue;
    const before = received.get(proxy) ?? { upstream: 0, downstream: 0 };
    received.set(proxy, { ...before, [direction]: before[direction] + Number(value) });
  }
  return received;
}

function readLabels(text: string): { readonly proxy?: string; readonly direction?: string } {
  const labels = [...text.matchAll(LABEL)].map(([, name = "", value = ""]) => [
    name,
    value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
  ]);
  return Object.fromEntries(labels);
}
