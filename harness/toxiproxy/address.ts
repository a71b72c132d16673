import { lookup } from "node:dns/promises";
import { ApiError } from "./api-error.ts";

/** A host and a port taken apart. An empty host is one that was left out. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/**
 * Takes `host:port` or `[IPv6]:port` apart.
 *
 * @throws ApiError 500 with the words of the real server, for whom a bad address is a failed call
 *   of the system.
 */
export function parseAddress(text: string): Address {
  const separator = text.lastIndexOf(":");
  if (separator === -1) throw new ApiError(`address ${text}: missing port in address`, 500);
  const host = text.slice(0, separator).replace(/^\[(.*)\]$/, "$1");
  if (host.includes(":") && !text.startsWith("[")) {
    throw new ApiError(`address ${text}: too many colons in address`, 500);
  }
  const portText = text.slice(separator + 1);
  if (!/^\d{0,9}$/.test(portText)) throw new ApiError(`address ${text}: unknown port`, 500);
  const port = Number(portText);
  if (port > PORT_MAX) throw new ApiError(`address ${portText}: invalid port`, 500);
  return { host, port };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The numeric form of a listen address. Of a name with several addresses the first of IPv4 is
 * taken, so that `localhost` is 127.0.0.1 as in the real server.
 *
 * @param defaultHost stands in for a host that was left out. The real server would listen on every
 *   interface then.
 * @throws ApiError 500 where the name is unknown or the text is no address.
 */
export async function resolveListenAddress(text: string, defaultHost: string): Promise<Address> {
  const { host, port } = parseAddress(text);
  const name = host === "" ? defaultHost : host;
  try {
    const addresses = await lookup(name, { all: true });
    const chosen = addresses.find(({ family }) => family === 4) ?? addresses[0];
    return { host: chosen?.address ?? name, port };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ApiError(`lookup ${name}: no such host`, 500, { cause: error });
  }
}
