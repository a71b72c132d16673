/*
 * From a plan with a finding to a smaller plan with the same one: the fewest faults first, then what is left of them
 * shorter, then a calmer world and a smaller load, and nodes last. Every step is kept only where the finding is still there
 * (same check, same anomaly; everything else may change, since a smaller plan is another run). Goes round until
 * nothing helps, or until the runs or the time it may take are used up.
 */

import { nodeNames } from "../cluster/node-names.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { canKeep } from "../nemesis/datacenters.ts";
import { churnOf, churnProblem, machinesOf } from "./churn.ts";
import { ddmin } from "./ddmin.ts";
import { coreNodesMin } from "./draw-plan.ts";
import { withFaults } from "./plan-expectation.ts";
import { removalsOf } from "./removals.ts";
import type { Finding, SimOutcome } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";

export interface ShrinkOptions {
  readonly run: (plan: SimPlan) => Promise<SimOutcome>;
  /** The finding that must stay. */
  readonly finding: Pick<Finding, "check" | "anomaly">;
  readonly runsMax: number;
  /** Looked at before each run; true ends the shrinking with what it has. */
  readonly isOver: () => boolean;
}

export interface ShrunkPlan {
  readonly plan: SimPlan;
  /** How many runs it took. */
  readonly runs: number;
  /** False where it ended for want of runs or time, and a smaller plan may well be there. */
  readonly finished: boolean;
}

/** Faults get no shorter than this. */
const FAULT_MS_MIN = 10;

/** The plan itself must show the finding; it comes back as it is where nothing can be spared. */
export async function shrink(plan: SimPlan, options: ShrinkOptions): Promise<ShrunkPlan> {
  const search = new Search(plan, options);
  let before: SimPlan;
  do {
    before = search.best;
    await search.tryOut((best) => ({ ...best, core: [] }));
    await search.tryOut(({ adversaryRequests: _, ...best }) => best);
    await search.tryOut(({ coldKeys: _, ...best }) => best);
    await search.tryOut(({ deletedKeys: _, ...best }) => best);
    await search.tryOut(({ snapshot: _, ...best }) => best);
    await shrinkFaults(search);
    await shrinkLinks(search);
    await shortenFaults(search);
    await calmWorld(search);
    await shrinkLoad(search);
    await shrinkNodes(search);
  } while (search.best !== before && !search.isOver);
  return { plan: search.best, runs: search.runs, finished: !search.isOver };
}

/** The best plan so far, and what was spent on it. */
class Search {
  readonly #options: ShrinkOptions;
  #best: SimPlan;
  #runs = 0;

  constructor(plan: SimPlan, options: ShrinkOptions) {
    this.#best = plan;
    this.#options = options;
  }

  get best(): SimPlan {
    return this.#best;
  }

  get runs(): number {
    return this.#runs;
  }

  get isOver(): boolean {
    return this.#runs >= this.#options.runsMax || this.#options.isOver();
  }

  /** Takes the changed plan for the best one where it shows the finding; undefined and "no change" are no attempt. */
  async tryOut(change: (best: SimPlan) => SimPlan | undefined): Promise<boolean> {
    const changed = change(this.#best);
    if (changed === undefined || isSame(changed, this.#best) || this.isOver) return false;
    if (churnProblem(changed) !== undefined) return false;
    this.#runs += 1;
    const { check, anomaly } = this.#options.finding;
    const { findings } = await this.#options.run(changed);
    const isThere = findings.some((each) => each.check === check && each.anomaly === anomaly);
    if (isThere) this.#best = changed;
    return isThere;
  }
}

/** Plans are plain data with fields in one order. */
function isSame(one: SimPlan, other: SimPlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

async function shrinkFaults(search: Search): Promise<void> {
  await ddmin(search.best.faults, (faults) => search.tryOut((best) => withFaults(best, faults)));
}

async function shrinkLinks(search: Search): Promise<void> {
  for (let at = 0; at < search.best.faults.length; at += 1) {
    const fault = search.best.faults[at];
    if (fault === undefined || !("links" in fault) || fault.links.length === 1) continue;
    await ddmin(
      fault.links,
      async (links) =>
        links.length > 0 && search.tryOut((best) => withFault(best, at, { ...fault, links })),
    );
  }
}

/** Each fault's end comes nearer by half of what is left, as often as that helps. */
async function shortenFaults(search: Search): Promise<void> {
  for (let at = 0; at < search.best.faults.length; at += 1) {
    const halve = (best: SimPlan) => {
      const fault = best.faults[at];
      if (fault === undefined || !("endMs" in fault)) return undefined;
      const lengthMs = Math.floor((fault.endMs - fault.startMs) / 2);
      if (lengthMs < FAULT_MS_MIN) return undefined;
      return withFault(best, at, { ...fault, endMs: fault.startMs + lengthMs });
    };
    while (await search.tryOut(halve));
  }
}

function withFault(plan: SimPlan, at: number, fault: SimFault): SimPlan {
  return withFaults(plan, plan.faults.with(at, fault));
}

async function calmWorld(search: Search): Promise<void> {
  await search.tryOut((best) => withWorld(best, { choppedShare: 0 }));
  await search.tryOut((best) => withWorld(best, { links: {} }));
  await search.tryOut((best) => withWorld(best, { clocks: {} }));
  await search.tryOut(({ world: { capacities, ...world }, ...best }) =>
    capacities === undefined ? undefined : { ...best, world },
  );
  await search.tryOut(withoutSpares);
  await search.tryOut((best) => withWorld(best, { diskRead: { minMs: 0, meanMs: 0 } }));
  await search.tryOut((best) => withWorld(best, { settings: neededBy(best) }));
}

/** Undefined where something is about a spare machine. */
function withoutSpares(plan: SimPlan): SimPlan | undefined {
  const { spares, ...world } = plan.world;
  const names = machinesOf(plan).slice(plan.run.nodes);
  const isNeeded = names.some((name) => plan.faults.some((fault) => isAbout(fault, name)));
  return spares === undefined || isNeeded ? undefined : { ...plan, world };
}

/** Without which nobody joins or leaves. */
function neededBy({ faults, world }: SimPlan): SimPlan["world"]["settings"] {
  const { gossipMs } = world.settings;
  return churnOf(faults).length === 0 || gossipMs === undefined ? {} : { gossipMs };
}

function withWorld(plan: SimPlan, change: Partial<SimPlan["world"]>): SimPlan {
  return withFaults({ ...plan, world: { ...plan.world, ...change } }, plan.faults);
}

async function shrinkLoad(search: Search): Promise<void> {
  await search.tryOut(({ run: { clientRouting, ...run }, ...best }) =>
    clientRouting === undefined ? undefined : { ...best, run },
  );
  await search.tryOut(({ run: { datacenters, ...run }, ...best }) =>
    datacenters === undefined ? undefined : { ...best, run },
  );
  for (const name of ["adversaryRequests", "coldKeys", "deletedKeys"] as const) {
    while (
      await search.tryOut((best) => {
        const { [name]: number } = best;
        return number === undefined ? undefined : { ...best, [name]: halved(number) };
      })
    );
  }
  while (await search.tryOut((best) => withRun(best, { clients: halved(best.run.clients) })));
  while (await search.tryOut((best) => withRun(best, { carts: halved(best.run.carts) })));
  while (
    await search.tryOut((best) => {
      const operations = halved(best.operations);
      // The load lasts as long as its operations: whole seconds, and no fewer than one.
      const seconds = Math.max(1, Math.ceil(operations / best.run.rate));
      return { ...withRun(best, { seconds }), operations };
    })
  );
}

function withRun(plan: SimPlan, change: Partial<SimPlan["run"]>): SimPlan {
  return { ...plan, run: { ...plan.run, ...change } };
}

function halved(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}

/** Leaves the last node out where nothing in the plan is about it. */
async function shrinkNodes(search: Search): Promise<void> {
  while (
    await search.tryOut((best) => {
      const nodes = best.run.nodes - 1;
      const gone = nodeNames(best.run.nodes).at(-1) ?? "";
      const fewer = withRun(best, { nodes });
      const isNeeded =
        nodes - removalsOf(best.faults).length < best.run.n ||
        // The names of spare machines come after those of the founders.
        best.world.spares !== undefined ||
        !canPlace(fewer.run) ||
        best.core.includes(gone) ||
        best.snapshot?.leftOut.includes(gone) === true ||
        best.faults.some((fault) => isAbout(fault, gone));
      const coreTooSmall = best.core.length > 0 && best.core.length < coreNodesMin(fewer.run);
      if (isNeeded || coreTooSmall) return undefined;
      return withFaults({ ...fewer, world: worldWithout(gone, best.world) }, best.faults);
    })
  );
}

/** False where a datacenter would be left without a node, or without as many as it keeps copies. */
function canPlace({ datacenters, nodes, n }: SimPlan["run"]): boolean {
  if (datacenters === undefined) return true;
  const { count, replicas } = datacenters;
  return count <= nodes && (replicas === undefined || canKeep(replicas, { nodes, n }, { count }));
}

function worldWithout(gone: string, world: SimPlan["world"]): SimPlan["world"] {
  const { [gone]: _, ...clocks } = world.clocks;
  const { [gone]: __, ...capacities } = world.capacities ?? {};
  const links = linksWithout(gone, world.links);
  return { ...world, clocks, links, ...(world.capacities !== undefined && { capacities }) };
}

function linksWithout(gone: string, links: SimPlan["world"]["links"]): SimPlan["world"]["links"] {
  return Object.fromEntries(
    Object.entries(links).filter(([name]) => !name.split("~").includes(gone)),
  );
}

function isAbout(fault: SimFault, node: string): boolean {
  if ("node" in fault) return fault.node === node;
  const ends = fault.links.flatMap(({ from, to }) => [from, to]);
  return ends.some((end) => end === node || end === `client-${node}`);
}
