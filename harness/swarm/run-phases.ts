import { waitMs } from "../../src/env/wait.ts";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import type { WorkloadClients } from "../client/contract.ts";
import { checkRing } from "../drivers/sim/oracle/check-ring.ts";
import { checkShares } from "../drivers/sim/oracle/check-shares.ts";
import { checkSpread } from "../drivers/sim/oracle/check-spread.ts";
import { SimHttp } from "../drivers/sim/sim-http.ts";
import { limit } from "../generator/combinators.ts";
import { interpret } from "../generator/interpreter.ts";
import { openLoop } from "../generator/open-loop.ts";
import { datacenterOf, replicasPerDatacenter } from "../nemesis/datacenters.ts";
import { pairsOf } from "../nemesis/probes.ts";
import { readBack, settleDown } from "../run/read-back.ts";
import { untilAborted } from "../run/until-aborted.ts";
import { Adversary } from "./adversary.ts";
import { checkAtRest, checkStops } from "./at-rest.ts";
import { checkClientRouting } from "./check-client-routing.ts";
import { churnOf } from "./churn.ts";
import type { ColdWriterParts } from "./cold-writer.ts";
import { ColdWriter } from "./cold-writer.ts";
import { checkCollection } from "./collection.ts";
import { KeyDeleter } from "./key-deleter.ts";
import { runLiveness } from "./liveness.ts";
import { removalsOf } from "./removals.ts";
import { checkDelivery, checkReplicas, truthOfTrees, wasQuiet } from "./settled-checks.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";
import type { SimulatedWorld } from "./simulated-world.ts";
import { takeArchive } from "./take-archive.ts";

/** After the load no operation begins for longer than this, however many are overdue. */
const BACKLOG_MS = 20_000;
/** Beyond that every operation under way ends by itself: one that was given up could still change what is read at the end. */
const DRAIN_MS = 120_000;
/** Keys beside those of the workload on which the rings are compared with the rule. */
const RING_KEYS = 50;
const RESTART_ATTEMPTS_MAX = 20;
const RESTART_PAUSE_MS = 100;
const NEVER = new AbortController().signal;

/**
 * The life of a simulated world: load under all faults, then a healed core alone, then everything whole again, settled, read back,
 * at rest, stopped. `onPhase` is told what goes on. What goes wrong is left with the world's findings.
 */
export async function runPhases(
  world: SimulatedWorld,
  onPhase: (description: string) => void,
): Promise<void> {
  const { cluster, recorder, findings, storm, oracle, plan } = world;
  if (!(await starts(world))) return;
  findings.push(...unusedLinks(world), ...wrongRings(world));
  recorder.note({ type: "marker", name: "healthy" });
  const clients = openClients(world);
  onPhase("load and faults");
  storm.begin(plan.faults);
  const adversary = openAdversary(world);
  const coldWriter = openColdWriter(world);
  const keyDeleter = openKeyDeleter(world);
  await Promise.all([
    load(world, clients),
    adversary?.run(),
    coldWriter?.run(),
    keyDeleter?.run(),
    takeArchive(world),
  ]);
  world.calm.end();
  await storm.calm();
  if (churnOf(plan.faults).length > 0) {
    onPhase("the last changes of the members");
    findings.push(...(await restartAll(world)), ...(await storm.orders.settled()));
    findings.push(...wrongRings(world));
  }
  if (plan.core.length > 0) {
    onPhase("a core alone");
    const parts = { cluster, recorder, clients, plan: plan.run, core: plan.core };
    findings.push(...(await runLiveness(parts)));
  }
  onPhase("healing and reading back");
  findings.push(...(await restartAll(world)));
  if (removalsOf(plan.faults).length > 0) findings.push(...wrongRings(world));
  const { nodes: members } = cluster;
  const healed = { type: "marker", name: "healed" } as const;
  recorder.note(churnOf(plan.faults).length > 0 ? { ...healed, members } : healed);
  const ending = {
    cluster,
    clock: cluster.scheduler,
    signal: NEVER,
    recorder,
    workload: shoppingCart,
    readers: world.stores.openDirect(),
  };
  await settleDown(ending, plan.run);
  await checkDelivery(world);
  checkReplicas(world);
  await readBack(ending, plan.run);
  await adversary?.readBack();
  findings.push(...((await coldWriter?.readBack()) ?? []));
  findings.push(...((await keyDeleter?.readBack()) ?? []));
  if (wasQuiet(recorder.lines)) findings.push(...(await checkCollection(world, adversary)));
  findings.push(...(adversary?.findings ?? []));
  findings.push(...(await checkAtRest(cluster)), ...truthOfTrees(world));
  oracle?.finish({ settled: wasQuiet(recorder.lines) });
  // It lets time pass, in which what does not come to rest would come to rest after all.
  findings.push(...(await checkClientRouting(world)));
  findings.push(...(await checkStops(cluster)));
  await recorder.flush();
}

/** No fault has begun yet, so a cluster that does not come up is one of the store's own. */
async function starts({ cluster, findings }: SimulatedWorld): Promise<boolean> {
  try {
    await cluster.start();
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const anomaly = "a whole cluster does not come up";
    findings.push({ check: "start", anomaly, detail: error.message });
    return false;
  }
}

/** Every node has reached every other by now: a link that carried nothing is one that somebody goes past. */
function unusedLinks({ cluster }: SimulatedWorld): readonly Finding[] {
  return pairsOf(cluster.nodes)
    .filter((link) => cluster.net.link(link).carriedBytes === 0)
    .map(({ from, to }) => ({
      check: "links",
      anomaly: "a link carried nothing",
      detail: `${from} reached ${to}, and nothing went over the link between them`,
    }));
}

/** Every node must compute the same preference lists, and the right ones. */
function wrongRings(world: SimulatedWorld): readonly Finding[] {
  const { cluster, plan } = world;
  const names = [
    ...shoppingCart.keys(plan.run),
    ...Array.from({ length: RING_KEYS }, (_, number) => `ring ${number}`),
  ];
  const sampleKeys = names.map((name) => Buffer.from(name, "utf8"));
  const options = { nodes: cluster.nodes, n: plan.run.n, sampleKeys, timeMs: world.nowMs() };
  const { datacenters } = plan.run;
  const spread = datacenters && {
    n: plan.run.n,
    datacenterOf: datacenterOf(cluster.nodes, datacenters),
    replicas: replicasPerDatacenter(datacenters),
    timeMs: world.nowMs(),
  };
  const hasChanged = churnOf(plan.faults).length > 0;
  const { capacities } = plan.world;
  const shares = capacities && {
    n: plan.run.n,
    capacityOf: new Map(cluster.nodes.map((node) => [node, capacities[node] ?? 1])),
    timeMs: world.nowMs(),
  };
  return [...cluster.simNodes.values()].flatMap(({ node }) =>
    node === undefined
      ? []
      : [
          ...checkRing(node.ring(), { ...options, isSpread: spread !== undefined }),
          ...(spread === undefined ? [] : checkSpread(node.ring(), spread)),
          // Datacenters have a say in who keeps what.
          // Nor is a ring that changed as even as a fresh one.
          ...(shares === undefined || spread !== undefined || hasChanged
            ? []
            : checkShares(node.ring(), shares)),
        ],
  );
}

function openClients({ cluster, chance, plan, stores }: SimulatedWorld): WorkloadClients {
  return shoppingCart.clients(
    { clock: cluster.scheduler, random: chance.fork("clients") },
    { plan: plan.run, openStore: (_process, home) => stores.open(home) },
  );
}

function openAdversary(world: SimulatedWorld): Adversary | undefined {
  const { adversaryRequests: requests } = world.plan;
  if (requests === undefined) return undefined;
  return new Adversary(partsOf(world, "adversary"), { requests, ...loadOf(world) });
}

function openColdWriter(world: SimulatedWorld): ColdWriter | undefined {
  const { coldKeys: keys } = world.plan;
  if (keys === undefined) return undefined;
  return new ColdWriter(partsOf(world, "cold keys"), { keys, ...loadOf(world) });
}

function openKeyDeleter(world: SimulatedWorld): KeyDeleter | undefined {
  const { deletedKeys: keys } = world.plan;
  if (keys === undefined) return undefined;
  return new KeyDeleter(partsOf(world, "deleted keys"), { keys, ...loadOf(world) });
}

/** What clients of their own keys need; `name` is that of their chance. */
function partsOf({ cluster, chance }: SimulatedWorld, name: string): ColdWriterParts {
  const { scheduler: clock, http } = cluster;
  const { clientUrl, directUrl } = SimHttp;
  return {
    clock,
    random: chance.fork(name),
    http,
    /** The members of now. */
    get nodes() {
      return cluster.nodes;
    },
    clientUrl,
    directUrl,
  };
}

function loadOf({ plan }: SimulatedWorld) {
  const { seconds, n } = plan.run;
  return { seconds, n, mayBeUnreadable: mayBeUnreadable(plan) };
}

/** Disks may have garbled every copy of a key. */
function mayBeUnreadable({ run, faults }: SimPlan): boolean {
  return run.beyondBudget && faults.some(({ kind }) => kind === "corrupt");
}

async function load(world: SimulatedWorld, clients: WorkloadClients): Promise<void> {
  const { cluster, recorder, chance, plan } = world;
  const { rate, seconds, clients: processes } = plan.run;
  const startNs = recorder.nowNs();
  const schedule = { ratePerSecond: rate, arrivals: "poisson", startNs } as const;
  const over = new AbortController();
  const end = cluster.scheduler.setTimer(1_000 * seconds + BACKLOG_MS, () => over.abort());
  await interpret(
    { clock: cluster.scheduler, random: chance.fork("workload") },
    {
      generator: untilAborted(
        over.signal,
        limit(plan.operations, openLoop(schedule, shoppingCart.generator(plan.run))),
      ),
      clients,
      recorder,
    },
    {
      nodes: cluster.nodes,
      places: cluster.places,
      processes,
      timeLimitNs: startNs + seconds * 1e9,
      drainMs: DRAIN_MS,
    },
  );
  end.cancel();
}

/** Everything that is down comes back; a node that cannot although nothing is wrong any more is a finding. */
async function restartAll({ cluster }: SimulatedWorld): Promise<readonly Finding[]> {
  const restarts = [...cluster.simNodes.values()].map(async (machine): Promise<Finding[]> => {
    machine.resume();
    let reason = "it died again";
    for (let attempt = 0; attempt < RESTART_ATTEMPTS_MAX; attempt += 1) {
      try {
        await machine.start();
        if (machine.isRunning) return [];
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      await waitMs(cluster.scheduler, RESTART_PAUSE_MS);
    }
    const detail = `Node ${machine.name} does not start: ${reason}`;
    return [{ check: "restart", anomaly: "a healed node does not start", detail }];
  });
  return (await Promise.all(restarts)).flat();
}
