/**
 * Where the proxies of a run listen in a Toxiproxy that is shared: an address to bind, and the addresses at which the
 * nodes and the harness reach it, which need not be the same.
 */

export const PROXY_PORTS_DEFAULT = "20000-22099";

export interface ProxyPlaces {
  /** Each by a proxy's name, `host:port`. */
  readonly listen: (name: string) => string;
  readonly fromNodes: (name: string) => string;
  readonly fromHarness: (name: string) => string;
  readonly nodesHost: string;
}

export interface ProxyPlacesOptions {
  /** Toxiproxy's API, as the harness reaches it. */
  readonly url: string;
  /** Host of Toxiproxy as the nodes reach it; that of the API unless given. */
  readonly nodesHost: string | undefined;
  /** `first-last`, checked; `PROXY_PORTS_DEFAULT` unless given. */
  readonly ports: string | undefined;
  /** Ports on which somebody else's proxies listen. */
  readonly taken: ReadonlySet<number>;
}

/** Gives each name a port of its own. Throws Error where there are too few. */
export function proxyPlaces(names: readonly string[], options: ProxyPlacesOptions): ProxyPlaces {
  const { taken, ports = PROXY_PORTS_DEFAULT } = options;
  const { first, last } = portRangeOf(ports);
  const free = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (port) => !taken.has(port),
  );
  if (free.length < names.length) {
    throw new Error(
      `Cannot place ${names.length} proxies: of the ports ${ports} Toxiproxy has ${free.length} free (--toxiproxy-ports)`,
    );
  }
  const harnessHost = new URL(options.url).hostname;
  const nodesHost = options.nodesHost ?? harnessHost;
  const portOf = new Map(names.map((name, index) => [name, free[index] ?? 0]));
  const at = (host: string) => (name: string) => `${host}:${portOf.get(name)}`;
  return {
    listen: at(LOOPBACK.test(nodesHost) ? nodesHost : "0.0.0.0"),
    fromNodes: at(nodesHost),
    fromHarness: at(harnessHost),
    nodesHost,
  };
}

/** Who is reached at the loopback alone needs to listen nowhere else. */
const LOOPBACK = /^(?:127\.[\d.]+|localhost|\[::1\])$/;

/** Of a text such as `20000-22099`; NaN where it is none. */
export function portRangeOf(text: string): { readonly first: number; readonly last: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  return { first: Number(match?.[1] ?? Number.NaN), last: Number(match?.[2] ?? Number.NaN) };
}
