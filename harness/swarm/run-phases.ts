import { shoppingCart } from "../../workloads/shopping-cart.ts";
import type { WorkloadClients } from "../client/contract.ts";
import { limit } from "../generator/combinators.ts";
import { interpret } from "../generator/interpreter.ts";
import { openLoop } from "../generator/open-loop.ts";
import type { HistoryLine } from "../history/operation.ts";
import { pairsOf } from "../nemesis/probes.ts";
import { waitMs } from "../nemesis/wait.ts";
import { readBack, settleDown } from "../run/read-back.ts";
import { checkAtRest, checkStops } from "./at-rest.ts";
import { runLiveness } from "./liveness.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Virtual time costs nothing, and a remove that never completed would leave the end undecided. */
const DRAIN_MS = 120_000;
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
  await cluster.start();
  findings.push(...unusedLinks(world));
  recorder.note({ type: "marker", name: "healthy" });
  const clients = openClients(world);
  onPhase("load and faults");
  storm.begin(plan.faults);
  await load(world, clients);
  await storm.calm();
  if (plan.core.length > 0) {
    onPhase("a core alone");
    const parts = { cluster, recorder, clients, plan: plan.run, core: plan.core };
    findings.push(...(await runLiveness(parts)));
  }
  onPhase("healing and reading back");
  findings.push(...(await restartAll(world)));
  recorder.note({ type: "marker", name: "healed" });
  const ending = {
    cluster,
    clock: cluster.scheduler,
    signal: NEVER,
    recorder,
    workload: shoppingCart,
    readers: world.stores.openDirect(),
  };
  await settleDown(ending, plan.run);
  await readBack(ending, plan.run);
  findings.push(...(await checkAtRest(cluster)));
  oracle?.finish({ settled: wasQuiet(recorder.lines) });
  findings.push(...(await checkStops(cluster)));
  await recorder.flush();
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

function openClients({ cluster, chance, plan, stores }: SimulatedWorld): WorkloadClients {
  return shoppingCart.clients(
    { clock: cluster.scheduler, random: chance.fork("clients") },
    { plan: plan.run, openStore: (_process, home) => stores.open(home) },
  );
}

async function load(world: SimulatedWorld, clients: WorkloadClients): Promise<void> {
  const { cluster, recorder, chance, plan } = world;
  const { rate, seconds, clients: processes } = plan.run;
  const startNs = recorder.nowNs();
  const schedule = { ratePerSecond: rate, arrivals: "poisson", startNs } as const;
  await interpret(
    { clock: cluster.scheduler, random: chance.fork("workload") },
    {
      generator: limit(plan.operations, openLoop(schedule, shoppingCart.generator(plan.run))),
      clients,
      recorder,
    },
    {
      nodes: cluster.nodes,
      processes,
      timeLimitNs: startNs + seconds * 1e9,
      drainMs: DRAIN_MS,
    },
  );
}

/** Everything that is down comes back; a node that cannot although nothing is wrong any more is a finding. */
async function restartAll({ cluster }: SimulatedWorld): Promise<readonly Finding[]> {
  const restarts = [...cluster.machines.values()].map(async (machine): Promise<Finding[]> => {
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

/** What the settling at the end came to. */
function wasQuiet(lines: readonly HistoryLine[]): boolean {
  const last = lines.findLast(
    (line) => line.type === "marker" && (line.name === "quiesced" || line.name === "unsettled"),
  );
  return last?.type === "marker" && last.name === "quiesced";
}
