import { baseUrl, isUnderTls } from "../base/base-url.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { ringTag } from "../protocol/ring-tag.ts";
import { placementOfFile } from "../ring/datacenter-placement.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";

/** One ring as a client uses it: which nodes to ask for a key, best first. Immutable. */
export class RingView {
  readonly epoch: number;
  /** Names the ring in requests. */
  readonly tag: string;
  /** Base URLs of all that can be asked: the ring's nodes, then the other endpoints. */
  readonly endpoints: readonly string[];
  readonly #ring: Ring;
  readonly #urls: ReadonlyMap<NodeId, string>;
  /** By partition, each made when it is first asked for. */
  readonly #orders: (readonly string[] | undefined)[];

  /** `urls` is where the nodes are; one that is not among them is asked by nobody. `others` are asked after all of the ring. */
  constructor(ring: Ring, urls: ReadonlyMap<NodeId, string>, others: readonly string[]) {
    this.epoch = ring.stamp.epoch;
    this.tag = ringTag(ring.stamp);
    this.endpoints = [...new Set([...urls.values(), ...others])];
    this.#ring = ring;
    this.#urls = urls;
    this.#orders = new Array(ring.partitionCount).fill(undefined);
  }

  /** The first of the key's preference list, then the rest of it, whose first N keep the key, then what is no node of the ring. */
  endpointsOf(key: Uint8Array): readonly string[] {
    const partition = this.#ring.partitionOf(key);
    const known = this.#orders[partition];
    if (known !== undefined) return known;
    const inOrder = this.#ring
      .preferenceListOf(partition)
      .flatMap((node) => this.#urls.get(node) ?? []);
    const order = [...new Set([...inOrder, ...this.endpoints])];
    this.#orders[partition] = order;
    return order;
  }
}

export interface ViewOptions {
  /** Node id to base URL; goes before what the ring says. */
  readonly nodeUrls: Readonly<Record<string, string>>;
  readonly endpoints: readonly string[];
}

/**
 * The view that a node's answer to `GET /admin/ring` gives. A node whose URL is under TLS counts as one without. The table must have the very digest that the node names: a client that would compute
 * other preference lists than the nodes is better off without. Throws Error, one sentence.
 */
export function readRing(body: Uint8Array, { nodeUrls, endpoints }: ViewOptions): RingView {
  const fields: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  const { clusterId, epoch, digest, nodes, owners, members, placement } = (fields ?? {}) as Record<
    string,
    unknown
  >;
  if (
    typeof clusterId !== "string" ||
    !Number.isSafeInteger(epoch) ||
    typeof digest !== "string" ||
    !Array.isArray(members)
  ) {
    throw new TypeError("Cannot read the ring: it is not as documented");
  }
  const ring = ringFromTable({
    clusterId,
    epoch: epoch as number,
    nodes: idsOf(nodes),
    owners: idsOf(owners),
    placement: placement === undefined ? undefined : placementOfFile(placement),
  });
  if (ring.stamp.digest !== digest) {
    throw new RangeError(`Cannot use the ring ${digest}: it is laid out in a way unknown here`);
  }
  const urls = new Map<NodeId, string>();
  for (const member of members) {
    const { id, clientUrl } = (member ?? {}) as Record<string, unknown>;
    const own = typeof id === "string" && Object.hasOwn(nodeUrls, id) ? nodeUrls[id] : undefined;
    const url = own ?? (typeof clientUrl === "string" ? baseUrl(clientUrl) : undefined);
    if (typeof id !== "string" || url === undefined || isUnderTls(url)) continue;
    urls.set(nodeId(id), url);
  }
  return new RingView(ring, urls, endpoints);
}

function idsOf(value: unknown): readonly NodeId[] {
  if (!Array.isArray(value)) throw new TypeError("Cannot read the ring: a list is missing");
  return value.map((id: unknown) => nodeId(String(id)));
}
