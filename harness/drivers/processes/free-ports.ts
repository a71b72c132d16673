/**
 * Ports for nodes and proxies.
 *
 * A listener inside the range that the system hands out to outgoing connections can lose its port while its node is down,
 * and, worse, a connection dialled to a dead port in that range may be given the very same port and so connect to
 * itself. So ports lie outside it. They are found by binding from a random start; what this process has handed out it
 * does not hand out again until it is given back.
 */

import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

export interface PortLease {
  readonly ports: readonly number[];
  release(): void;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const PORT_MIN = 10_000;
const PORT_MAX = 65_535;
/** What Linux and macOS use where nobody changed it, together. */
const EPHEMERAL_FALLBACK: PortRange = { first: 32_768, last: 65_535 };
const EPHEMERAL_FILE = "/proc/sys/net/ipv4/ip_local_port_range";

const leased = new Set<number>();

/** Leases `count` ports of the loopback address that nobody listens on; rejects where there are not enough. */
export async function leasePorts(count: number): Promise<PortLease> {
  const candidates = portsOutside(await ephemeralRange());
  const start = randomInt(candidates.length);
  const ports: number[] = [];
  const release = () => {
    for (const port of ports) leased.delete(port);
  };
  for (let tried = 0; tried < candidates.length && ports.length < count; tried += 1) {
    const port = candidates[(start + tried) % candidates.length];
    if (port === undefined || leased.has(port)) continue;
    leased.add(port);
    if (await canBind(port)) ports.push(port);
    else leased.delete(port);
  }
  if (ports.length < count) {
    release();
    throw new Error(
      `Cannot find ${count} free ports on ${LOOPBACK}: only ${ports.length} of ${candidates.length} outside the ephemeral range are free`,
    );
  }
  return { ports, release };
}

async function ephemeralRange(): Promise<PortRange> {
  const text = await readFile(EPHEMERAL_FILE, "utf8").catch(() => "");
  const [first, last] = text.trim().split(/\s+/).map(Number);
  if (!Number.isInteger(first) || !Number.isInteger(last)) return EPHEMERAL_FALLBACK;
  return { first: first ?? 0, last: last ?? 0 };
}

function portsOutside(range: PortRange): readonly number[] {
  const all = Array.from({ length: PORT_MAX - PORT_MIN + 1 }, (_, index) => PORT_MIN + index);
  const outside = all.filter((port) => port < range.first || port > range.last);
  // A machine that uses every high port for outgoing connections leaves no choice.
  return outside.length > 0 ? outside : all;
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
