/** Where a listener is: a host name or IP address, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const ADDRESS_PATTERN = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})$/;
const PORT_MAX = 65_535;

/** Reads `host:port`, `[IPv6]:port`; port 0 means any free one. Throws RangeError. */
export function parseAddress(text: string): HostPort {
  const match = ADDRESS_PATTERN.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > PORT_MAX) {
    throw new RangeError(
      `Cannot use ${JSON.stringify(text)} as an address: it must be host:port or [IPv6]:port, port 0 to ${PORT_MAX}`,
    );
  }
  return { host, port };
}

/** The text form of an address; IPv6 hosts in brackets. */
export function formatAddress({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
