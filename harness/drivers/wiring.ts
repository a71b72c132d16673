/**
 * Names and proxies of a cluster behind Toxiproxy, the same for every driver that has one: which directed links there are, where
 * each proxy listens and leads, and which addresses that gives to clients.
 */

import type { Addresses } from "../cluster/contract.ts";
import { linkName } from "../cluster/contract.ts";
import { nodeNames } from "../cluster/node-names.ts";
import type { Link } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { ProxySpec } from "../toxiproxy/controller.ts";

/** Who can speak to whom: nodes among each other, and the clients of each home to every node. */
export interface Wiring {
  readonly nodes: readonly string[];
  readonly links: readonly Link[];
  readonly clientLinks: readonly Link[];
}

/** The wiring of nodes `n1` to `n<count>`. */
export function wiringOf(count: number): Wiring {
  return wiringBetween(nodeNames(count));
}

export function wiringBetween(nodes: readonly string[]): Wiring {
  return {
    nodes,
    links: pairsOf(nodes),
    clientLinks: nodes.flatMap((home) => nodes.map((to) => ({ from: clientGroup(home), to }))),
  };
}

/** One proxy for each link: RPC between nodes, HTTP for clients. `listen` and both addresses are `host:port`. */
export function proxiesOf(
  { links, clientLinks }: Wiring,
  at: {
    readonly listen: (link: string) => string;
    readonly rpcAddress: (node: string) => string;
    readonly httpAddress: (node: string) => string;
  },
): readonly ProxySpec[] {
  const proxy = (link: Link, upstream: string): ProxySpec => {
    const name = linkName(link);
    return { name, listen: at.listen(name), upstream };
  };
  return [
    ...links.map((link) => proxy(link, at.rpcAddress(link.to))),
    ...clientLinks.map((link) => proxy(link, at.httpAddress(link.to))),
  ];
}

/** What `self` dials instead of each peer's own address, by peer. */
export function routesOf(
  { nodes }: Wiring,
  self: string,
  proxyAddress: (link: string) => string,
): Readonly<Record<string, string>> {
  const peers = nodes.filter((peer) => peer !== self);
  return Object.fromEntries(
    peers.map((peer) => [peer, proxyAddress(linkName({ from: self, to: peer }))]),
  );
}

/** `addresses()` of the contract; both addresses are `host:port` as the harness reaches them. */
export function addressBook(
  { nodes }: Wiring,
  at: {
    readonly proxyAddress: (link: string) => string;
    readonly directAddress: (node: string) => string;
  },
): (node: string) => Addresses {
  const books = nodes.map((name): [string, Addresses] => {
    const clients = nodes.map((home): [string, string] => {
      const link = linkName({ from: clientGroup(home), to: name });
      return [home, `http://${at.proxyAddress(link)}`];
    });
    return [name, { direct: `http://${at.directAddress(name)}`, clients: new Map(clients) }];
  });
  return lookUp(new Map(books));
}

/** `get` of a map that must have the name; throws RangeError with those there are. */
export function lookUp<T>(entries: ReadonlyMap<string, T>): (name: string) => T {
  return (name) => {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw new RangeError(
        `Cannot find ${name}: the cluster has ${[...entries.keys()].join(", ")}`,
      );
    }
    return entry;
  };
}
