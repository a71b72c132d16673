/**
 * The stores that processes use: the client library over the proxies of the process's home node.
 *
 * A process asks its home node first and others after that, but only nodes of its own side: while a grudge cuts the link
 * of its client group to a node, a call there ends at once and counts as not sent, as it would in a network that refuses.
 * With `asksOwners` it asks the nodes of the key first, as far as its side has them (D-4.5-1).
 * The cut link itself is there too, for what is under way when the fault begins.
 */

import type { ClientParts } from "../../src/client/attempts.ts";
import type { Store } from "../../src/client/contract.ts";
import type { HttpCaller } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { RingsideClient } from "../../src/client/ringside-client.ts";
import type { Cluster } from "../cluster/contract.ts";
import { linkName } from "../cluster/contract.ts";
import type { Link } from "../nemesis/fault.ts";
import { clientGroup } from "../nemesis/fault.ts";
import { prefixedStore } from "./prefixed-store.ts";
import type { ProcessStore } from "./workload.ts";

export interface StoresOptions {
  /** Whether processes retry writes that may have happened. */
  readonly retriesInDoubt: boolean;
  /** Whether their library knows the ring. */
  readonly asksOwners: boolean;
}

export class Stores {
  readonly #parts: ClientParts;
  readonly #cluster: Cluster;
  readonly #cut = new Set<string>();
  readonly #retriesInDoubt: boolean;
  readonly #asksOwners: boolean;

  /** Where the last write wins, a write tried again is a later one: there nobody should retry in doubt. */
  constructor(parts: ClientParts, cluster: Cluster, options: StoresOptions) {
    this.#retriesInDoubt = options.retriesInDoubt;
    this.#asksOwners = options.asksOwners;
    this.#parts = parts;
    this.#cluster = cluster;
  }

  /** From now on these links are cut, and no others. */
  setCut(links: readonly Link[]): void {
    this.#cut.clear();
    for (const link of links) this.#cut.add(linkName(link));
  }

  /** A store for a process with this home: the home node, then the others, from the one after it on. */
  open(home: string): ProcessStore {
    const { nodes } = this.#cluster;
    // A home that has left the cluster is asked no more: the first node in its place.
    const start = Math.max(0, nodes.indexOf(home));
    const order = [...nodes.slice(start), ...nodes.slice(0, start)];
    const nodeOf = new Map(order.map((node) => [this.#clientUrl(home, node), node]));
    let asked = home;
    const http = sidedCaller(this.#parts.http, (url) => {
      // Asked for every request, and mostly nothing is cut.
      if (this.#cut.size === 0) return undefined;
      const node = nodeOf.get(url.slice(0, url.indexOf("/", "http://".length)));
      return node !== undefined && this.#isCut(home, node) ? node : undefined;
    });
    const store = new RingsideClient(
      { ...this.#parts, http },
      {
        endpoints: [...nodeOf.keys()],
        ...PATIENCE,
        ...(this.#asksOwners ? ownersOptions(nodeOf) : {}),
        retryIndefinite: this.#retriesInDoubt,
        onAttempt: ({ endpoint }) => {
          const node = nodeOf.get(endpoint);
          if (node !== undefined && (this.#cut.size === 0 || !this.#isCut(home, node)))
            asked = node;
        },
      },
    );
    return { store: this.#own(store), answeredBy: () => asked, close: () => {} };
  }

  /** One store for each node, past the proxies. */
  openDirect(): readonly { readonly node: string; readonly store: Store }[] {
    return this.#cluster.nodes.map((node) => ({
      node,
      store: this.#own(
        new RingsideClient(this.#parts, {
          endpoints: [this.#cluster.addresses(node).direct],
          attemptTimeoutMs: DIRECT_TIMEOUT_MS,
        }),
      ),
    }));
  }

  #own(store: Store): Store {
    return prefixedStore(store, this.#cluster.keyPrefix);
  }

  #clientUrl(home: string, node: string): string {
    const url = this.#cluster.addresses(node).clients.get(home);
    if (url === undefined) {
      throw new RangeError(`Cannot open a store: clients of ${home} have no way to ${node}`);
    }
    return url;
  }

  #isCut(home: string, node: string): boolean {
    const group = clientGroup(home);
    return (
      this.#cut.has(linkName({ from: group, to: node })) ||
      this.#cut.has(linkName({ from: node, to: group }))
    );
  }
}

/** Users who give up early try more often, and each try says something about the phase it falls into. */
export const PATIENCE = { timeoutMs: 1_500, attemptTimeoutMs: 750, retriesMax: 2 } as const;

const DIRECT_TIMEOUT_MS = 5_000;

/** Nodes do not know the ways that lead to them here. All but one of those that a client asks first may be on another side: each costs a try. */
function ownersOptions(nodeOf: ReadonlyMap<string, string>) {
  const nodeUrls = Object.fromEntries([...nodeOf].map(([url, node]) => [node, url]));
  const retriesMax = Math.max(PATIENCE.retriesMax, nodeOf.size - 1);
  return { routing: "owners", nodeUrls, retriesMax } as const;
}

/** `cutNode` names the node a URL leads to where the way there is cut. */
function sidedCaller(inner: HttpCaller, cutNode: (url: string) => string | undefined): HttpCaller {
  return {
    call(request) {
      const node = cutNode(request.url);
      if (node === undefined) return inner.call(request);
      return Promise.reject(
        new HttpCallError(false, `Cannot reach ${node}: it is on another side`),
      );
    },
  };
}
