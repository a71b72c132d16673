/*
 * Aim: changes, gossip and views together bring a cluster from one ring to the next on the word of one node. Method: nodes that gossip on virtual
 * time, each with its view; whoever the view calls a receiver says at once that it has received. No data move here.
 */
import { expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { Change } from "./change.ts";
import { changeId } from "./change.ts";
import type { GossipingNode } from "./testing/gossip-world.ts";
import { EVERY_MS, GossipWorld, nodeIds } from "./testing/gossip-world.ts";
import { foundersOf, memberOf } from "./testing/sites.ts";
import type { MembershipView } from "./view.ts";
import { ViewFold } from "./view.ts";

const N = 3;
const FOUNDING = nodeIds(10);
const FOUNDERS = foundersOf(
  FOUNDING.map((id) => memberOf(id)),
  64,
);
const X = nodeId("x");

class Cluster {
  readonly world = new GossipWorld();
  readonly #folds = new Map<NodeId, ViewFold>();

  async start(ids: readonly NodeId[]): Promise<void> {
    for (const id of ids) {
      this.#folds.set(id, new ViewFold(FOUNDERS, N));
      await this.world.start(id, () => {
        const { members, open } = this.viewAt(id);
        const known = new Set([...members.keys(), ...(open?.ring.nodes ?? [])]);
        known.delete(id);
        return [...known];
      });
    }
  }

  async restart(): Promise<void> {
    const ids = [...this.world.nodes.keys()];
    for (const id of ids) await this.world.stop(id);
    await this.start(ids);
  }

  viewAt(id: NodeId): MembershipView {
    const fold = this.#folds.get(id);
    const node = this.world.nodes.get(id);
    if (fold === undefined || node === undefined) throw new Error(`Cannot ask ${id}: it is down`);
    return fold.view(node.history.inOrder());
  }

  issue(id: NodeId, what: Change["what"]): Promise<Change> {
    return this.#node(id).history.issue(what);
  }

  /** Gives how many rounds it took until all nodes have this ring and nothing is open. */
  async untilAll(nodes: readonly NodeId[]): Promise<number> {
    const wanted = [...nodes].sort().join(" ");
    let rounds = 0;
    const areThere = () =>
      [...this.world.nodes.keys()].every((id) => {
        const { ring, open } = this.viewAt(id);
        return ring.nodes.join(" ") === wanted && open === undefined;
      });
    while (!areThere()) {
      for (const node of this.world.nodes.values()) await this.#receive(node);
      await this.world.pass(EVERY_MS / 10);
      rounds += 0.1;
      if (rounds > 60) throw new Error(`Cannot agree on ${wanted} in 60 rounds`);
    }
    return rounds;
  }

  async #receive({ id, history }: GossipingNode): Promise<void> {
    const { open, stamp } = this.viewAt(id);
    if (open === undefined || !open.receivers.has(id) || open.received.has(id)) return;
    const change = changeId(open.change);
    await history.issue({ kind: "received", change, digest: stamp.digest, node: id });
  }

  #node(id: NodeId): GossipingNode {
    const node = this.world.nodes.get(id);
    if (node === undefined) throw new Error(`Cannot ask ${id}: it is down`);
    return node;
  }
}

test("D-4.8.1-3 D-4.8.1-6 a node joins, leaves and joins again on the word of any node, through a restart of all", async () => {
  const cluster = new Cluster();
  await cluster.start([...FOUNDING, X]);
  const [first, second, third] = FOUNDING as [NodeId, NodeId, NodeId];
  const withX = [...FOUNDING, X];
  // The newcomer knows the founders, as all do, and nobody needs to know it before.
  await cluster.issue(first, { kind: "join", member: memberOf("x") });
  const joinRounds = await cluster.untilAll(withX);
  cluster.world.clock.setWallOffset(-3_600_000);
  await cluster.issue(second, { kind: "leave", node: X });
  const leaveRounds = await cluster.untilAll(FOUNDING);
  await cluster.restart();
  await cluster.untilAll(FOUNDING);
  await cluster.issue(third, { kind: "join", member: memberOf("x") });
  await cluster.untilAll(withX);
  const views = [...cluster.world.nodes.keys()].map((id) => cluster.viewAt(id));
  for (const view of views) expect(view).toEqual(views[0]);
  expect(views[0]?.stamp.epoch).toBe(4);
  // To the receivers and back: twice the rounds of one change.
  expect(Math.max(joinRounds, leaveRounds)).toBeLessThan(2 * (Math.log2(withX.length) + 2));
});

test("D-2.3-7 changes go on whoever is dead, but who has something to receive", async () => {
  const cluster = new Cluster();
  await cluster.start([...FOUNDING, X]);
  const [dead, issuing] = FOUNDING as [NodeId, NodeId];
  await cluster.world.stop(dead);
  await cluster.issue(issuing, { kind: "join", member: memberOf("x") });
  await cluster.untilAll([...FOUNDING, X]);
  await cluster.issue(issuing, { kind: "leave", node: dead });
  await cluster.untilAll([...FOUNDING.slice(1), X]);
});
