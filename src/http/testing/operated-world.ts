/* A world whose members change: what an operator does and sees, and whether each range lies whole with its owners. */
import { expect } from "vitest";
import type { ReachablePoint } from "../../env/catalogue.ts";
import type { Engine } from "../../storage/engine.ts";
import { MemoryEngine } from "../../storage/memory-engine.ts";
import type { AddingClients } from "./adding-clients.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { memberOfPlace } from "./cluster-world.ts";

export const N = 3;
export const SETTINGS = { gossipMs: 1_000, antiEntropyMs: 1_000 };
const CHANGE_MS_MAX = 60_000;

export interface ToldMembers {
  readonly isMember: boolean;
  readonly members: readonly { readonly id: string }[];
  readonly open: { readonly change: string; readonly receivers: object } | null;
  readonly awaitedHere: number;
  readonly rangesKept: number | null;
  readonly notEmptied: readonly string[];
  readonly isSilenced: boolean;
}

export class Operator {
  readonly world: ClusterWorld;

  constructor(world: ClusterWorld) {
    this.world = world;
  }

  async members(at: string): Promise<ToldMembers> {
    const { body } = await this.world.request(at, "GET", "/admin/members");
    return JSON.parse(Buffer.from(body).toString());
  }

  async order(at: string, verb: string, order: object): Promise<{ status: number; text: string }> {
    const body = JSON.stringify(order);
    const answer = await this.world.request(at, "POST", `/admin/${verb}`, { body });
    return { status: answer.status, text: Buffer.from(answer.body).toString() };
  }

  /** Starts a node and lets it join. */
  async add(name: string, through: string, engine: Engine = new MemoryEngine()): Promise<void> {
    await this.world.startNode(name, engine);
    const { status, text } = await this.order(through, "join", memberOfPlace(name));
    expect([status, text]).toEqual([200, expect.stringContaining("change")]);
  }

  async remove(name: string, through: string): Promise<void> {
    expect((await this.order(through, "leave", { id: name })).status).toBe(200);
  }

  /** Resolves once none of these nodes has rows of a range that it does not own. */
  async untilCleared(names: readonly string[]): Promise<void> {
    const startMs = this.world.clock.monotonicMs();
    for (;;) {
      const told = await Promise.all(names.map((name) => this.members(name)));
      const kept = told.map(({ rangesKept }, at) => `${names[at]} ${rangesKept}`);
      if (told.every(({ rangesKept }) => rangesKept === 0)) return;
      if (this.world.clock.monotonicMs() - startMs > CHANGE_MS_MAX) {
        throw new Error(`Cannot clear lost ranges: kept are ${kept.join(", ")}`);
      }
      await this.world.pass(50);
    }
  }

  /** Resolves with how long it took until these nodes all say that these are the members, and nothing is open. */
  async until(members: readonly string[], heard: readonly string[] = members): Promise<number> {
    const startMs = this.world.clock.monotonicMs();
    const wanted = [...members].sort().join(" ");
    for (;;) {
      const told = await Promise.all(
        heard.map(async (name) => {
          const { node } = this.world.at(name);
          const view = node.operator.membership.members() as ToldMembers;
          return view.open === null ? node.ring().nodes.join(" ") : "a change is open";
        }),
      );
      if (told.every((text) => text === wanted)) return this.world.clock.monotonicMs() - startMs;
      if (this.world.clock.monotonicMs() - startMs > CHANGE_MS_MAX) {
        throw new Error(`Cannot get to ${wanted}: ${told.join("; ")}`);
      }
      await this.world.pass(50);
    }
  }
}

/** Rows of a table that a node holds. */
export function rowCount(
  world: ClusterWorld,
  name: string,
  table: "records" | "hints" = "records",
): Promise<number> {
  return world.at(name).engine.count(table);
}

/** The sum over all nodes that run. */
export function metricOf(world: ClusterWorld, metric: string): number {
  return [...world.nodes.values()].reduce(
    (sum, { environment }) => sum + environment.metrics.valueOf(metric),
    0,
  );
}

/** Ranges of which not all owners have the same, each with what they have. */
export async function brokenRanges(
  world: ClusterWorld,
  members: readonly string[],
): Promise<object[]> {
  const rootsOf = new Map<string, Record<string, string>>();
  for (const name of members) {
    const { body } = await world.request(name, "GET", "/admin/trees");
    rootsOf.set(name, JSON.parse(Buffer.from(body).toString()).roots);
  }
  const ring = world.at(members[0] ?? "").node.ring();
  const broken: object[] = [];
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    const owners = ring.preferenceListOf(partition).slice(0, N);
    const roots = owners.map((owner) => rootsOf.get(owner)?.[partition]);
    if (new Set(roots).size > 1) broken.push({ partition, owners, roots });
  }
  return broken;
}

/** How often the nodes reached a point, all in all. */
export function countOf(world: ClusterWorld, point: ReachablePoint): number {
  return [...world.nodes.values()].reduce(
    (sum, { environment }) => sum + environment.assertions.countOf(point),
    0,
  );
}

/** Cut off from everybody for good. */
export function kill(world: ClusterWorld, clients: AddingClients | undefined, name: string): void {
  world.partition(
    [name],
    world.places.filter((other) => other !== name),
  );
  clients?.http.closed.add(name);
}
