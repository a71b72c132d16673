import type { SharedTrees } from "../anti-entropy/shared-trees.ts";
import { FormatError } from "../base/binary.ts";
import type { NodeId } from "../base/ids.ts";
import type { Change } from "../membership/change.ts";
import { changeId } from "../membership/change.ts";
import type { CurrentMembers } from "../membership/current-members.ts";
import type { Departure } from "../membership/departures.ts";
import type { Membership } from "../membership/membership.ts";
import type { OpenChange } from "../membership/view.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { UncheckedMember } from "./checked-values.ts";
import { ConfigurationError, checkedId, checkedMember } from "./checked-values.ts";
import type { NodeConfiguration } from "./configuration.ts";
import type { NodeMembership } from "./contract.ts";

export interface MembershipOperatorParts {
  readonly configuration: Pick<NodeConfiguration, "nodeId" | "antiEntropyMs">;
  readonly members: CurrentMembers;
  /** Undefined: the membership is static. */
  readonly membership: Membership | undefined;
  readonly shared: Pick<SharedTrees, "isBuilt" | "lost">;
}

/** Takes operators' orders to change the membership, and tells what has become of them (D-4.8.1-2). */
export class MembershipOperator implements NodeMembership {
  readonly #parts: MembershipOperatorParts;

  constructor(parts: MembershipOperatorParts) {
    this.#parts = parts;
  }

  get isMoving(): boolean {
    const { membership, configuration, shared } = this.#parts;
    if (membership === undefined || configuration.antiEntropyMs === 0) return false;
    const hasLost = !shared.isBuilt || shared.lost().length > 0;
    return (
      hasLost || membership.view().open !== undefined || membership.emptying.notEmptied().length > 0
    );
  }

  members(): object {
    const { configuration, members, membership, shared } = this.#parts;
    const view = membership?.view();
    return {
      ring: members.ringInForce().stamp,
      isMember: members.isMember,
      members: [...members.members().values()],
      open: view?.open === undefined ? null : this.#open(view.open),
      awaitedHere: membership?.awaited().length ?? 0,
      rangesKept: shared.isBuilt ? shared.lost().length : null,
      notEmptied: membership?.emptying.notEmptied() ?? [],
      isSilenced: membership?.emptying.isSilenced ?? false,
      waiting: (view?.waiting ?? []).map(told),
      withdrawn: (view?.withdrawn ?? []).map(told),
      void: (view?.void ?? []).map(({ change, reason }) => ({ ...told(change), reason })),
      nodeId: configuration.nodeId,
    };
  }

  join(order: unknown): Promise<object> {
    return this.#issue(() => {
      const fields = objectOf(order, ["id", "address", "clientUrl", "datacenter", "capacity"]);
      return [{ kind: "join", member: checkedMember("member", fields as UncheckedMember) }];
    });
  }

  leave(order: unknown): Promise<object> {
    return this.#issue(() => {
      const { id } = objectOf(order, ["id"]);
      return [{ kind: "leave", node: checkedId("id", id) }];
    });
  }

  withdraw(order: unknown): Promise<object> {
    return this.#issue(() => {
      const { change } = objectOf(order, ["change"]);
      const { open, waiting = [] } = this.#parts.membership?.view() ?? {};
      const known = [...(open === undefined ? [] : [open.change]), ...waiting].map(changeId);
      const found = known.find((id) => id === change);
      if (found !== undefined) return [{ kind: "withdraw", change: found }];
      const named = known.length === 0 ? "none" : known.join(", ");
      throw new RangeError(
        `Cannot withdraw ${JSON.stringify(change)?.slice(0, 100)}: under way are ${named}`,
      );
    });
  }

  async emptied(order: unknown): Promise<object> {
    return this.#issue(() => {
      const { id } = objectOf(order, ["id"]);
      const node = checkedId("id", id);
      const all = this.#parts.membership?.view().departures ?? [];
      const ofNode = all.filter((departure) => departure.node === node);
      const open = ofNode.filter(({ emptiedBy }) => emptiedBy === undefined);
      if (open.length > 0) {
        return open.map(({ change, digest }) => ({ kind: "emptied", change, digest, node }));
      }
      throw new RangeError(`Cannot take node ${node} for empty: ${this.#whyNot(node, ofNode)}`);
    });
  }

  #whyNot(node: NodeId, departures: readonly Departure[]): string {
    if (this.#parts.members.members().has(node)) return "it is a member";
    return departures.length === 0 ? "it never was to be a member" : "it is already";
  }

  /** One change after the other; tells the id of the last. */
  async #issue(read: () => readonly Change["what"][]): Promise<object> {
    const { membership, members, configuration } = this.#parts;
    if (membership === undefined) {
      throw new DynamoError("bad-request", "Cannot change the members: gossipMs is 0 here");
    }
    if (configuration.antiEntropyMs === 0) {
      throw new DynamoError(
        "bad-request",
        "Cannot change the members: antiEntropyMs is 0, and ranges are received by exchanges",
      );
    }
    if (!members.isMember) {
      throw new DynamoError("no-member", "Cannot change the members: this node is none of them");
    }
    try {
      let last: Change | undefined;
      for (const what of read()) last = await membership.issue(what);
      return { change: last && changeId(last) };
    } catch (error) {
      const isBad =
        error instanceof RangeError ||
        error instanceof FormatError ||
        error instanceof ConfigurationError;
      if (!isBad) throw error;
      throw new DynamoError("bad-request", error.message, { cause: error });
    }
  }

  #open({ change, receivers, received, ring }: OpenChange): object {
    const byNode = [...receivers].map(([node, ranges]): [NodeId, object] => [
      node,
      { ranges: ranges.length, received: received.has(node) },
    ]);
    return { ...told(change), epoch: ring.stamp.epoch, receivers: Object.fromEntries(byNode) };
  }
}

/** A change as operators read it. */
function told(change: Change): object {
  return { change: changeId(change), time: change.time, ...change.what };
}

function objectOf(order: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof order !== "object" || order === null || Array.isArray(order)) {
    throw new RangeError("Cannot read the body: it is not a JSON object");
  }
  const other = Object.keys(order).find((name) => !known.includes(name));
  if (other !== undefined) {
    throw new RangeError(
      `Cannot use the field ${JSON.stringify(other.slice(0, 80))}: known are ${known.join(", ")}`,
    );
  }
  return order as Record<string, unknown>;
}
