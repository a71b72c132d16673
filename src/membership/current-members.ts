import type { NodeId } from "../base/ids.ts";
import type { Ring } from "../ring/ring.ts";
import type { MemberRecord } from "./change.ts";

/** Who the members are and who owns what, as far as a node has heard. */
export interface CurrentMembers {
  /** As requests among nodes go by it: with the ring that the open change leads to. The same object as long as that is the same. */
  ring(): Ring;
  /** As clients go by it: of the complete changes alone. */
  ringInForce(): Ring;
  /** By the ring in force. */
  members(): ReadonlyMap<NodeId, MemberRecord>;
  /** True for a node by whose ring in force clients may be served. */
  readonly isMember: boolean;
  /** Members and who is to be one, each once, without this node. */
  peers(): readonly NodeId[];
  /**
   * What all nodes agreed on about tombstones holds for as long as this is one object: another one came after nodes may have held what they were not
   * asked for. Undefined: some node may hold older values and nobody to ask knows of them, so none are collected.
   */
  collectionGround(): object | undefined;
  /** `host:port`, of founders and of all that ever were to join. */
  addressOf(node: NodeId): string | undefined;
}

/** Members that never change: those of the configuration. */
export class FixedMembers implements CurrentMembers {
  readonly isMember = true;
  readonly #ring: Ring;
  readonly #members: ReadonlyMap<NodeId, MemberRecord>;
  readonly #peers: readonly NodeId[];

  constructor(nodeId: NodeId, ring: Ring, members: readonly MemberRecord[]) {
    this.#ring = ring;
    this.#members = new Map(members.map((member) => [member.id, member]));
    this.#peers = ring.nodes.filter((node) => node !== nodeId);
  }

  ring(): Ring {
    return this.#ring;
  }

  ringInForce(): Ring {
    return this.#ring;
  }

  members(): ReadonlyMap<NodeId, MemberRecord> {
    return this.#members;
  }

  peers(): readonly NodeId[] {
    return this.#peers;
  }

  collectionGround(): object {
    return this.#ring;
  }

  addressOf(node: NodeId): string | undefined {
    return this.#members.get(node)?.address;
  }
}
