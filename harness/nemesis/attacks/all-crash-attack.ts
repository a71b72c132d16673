import { waitMs } from "../../../src/env/wait.ts";
import type { ProcessPower } from "../../cluster/contract.ts";
import type { StatusProbe } from "../probes.ts";
import { probeStatus } from "../probes.ts";
import { judgeAllCrash } from "../prove-silence.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
  powerOf,
  RECOVERY_TIMEOUT_MS,
  statusWithin,
  waitUntilReunited,
} from "./attack.ts";

/** Five processes that start at once on a busy machine take some seconds. */
const RESTART_TIMEOUT_MS = 30_000;

/**
 * Every node killed before any is started again. One that does not come back is no failure of the harness: the proof says so, and
 * whoever waits for the cluster to settle sees it, too.
 */
export function allCrashAttack(parts: AttackParts): Attack<StatusProbe> {
  const { nodes } = parts.cluster;
  const power = powerOf(parts.cluster, "processes");
  const failures = new Map<string, string>();
  const askAll = (ask: (node: string) => Promise<StatusProbe>) => Promise.all(nodes.map(ask));
  return {
    links: [],
    nodes,
    sides: [nodes],
    async apply() {
      await Promise.all(nodes.map((node) => power.kill(node)));
    },
    async heal() {
      await Promise.all(
        nodes.map(async (node) => {
          const failure = await restartInTime(parts, power, node);
          if (failure !== undefined) failures.set(node, failure);
        }),
      );
    },
    before: () => askAll((node) => statusWithin(parts, node, HEALTHY_TIMEOUT_MS)),
    during: () => askAll((node) => probeStatus(parts, node)),
    async after() {
      const answers = await askAll((node) => statusWithin(parts, node, RECOVERY_TIMEOUT_MS));
      if (failures.size === 0) await waitUntilReunited(parts);
      return answers.map((answer) => {
        const failure = failures.get(answer.to);
        return failure === undefined ? answer : { ...answer, answered: false, detail: failure };
      });
    },
    judge: (probes) => judgeAllCrash(probes, nodes),
  };
}

/** Undefined once the node is ready; else why it is not. */
async function restartInTime(
  { clock }: AttackParts,
  power: ProcessPower,
  node: string,
): Promise<string | undefined> {
  const decided = new AbortController();
  const late = waitMs(clock, RESTART_TIMEOUT_MS, decided.signal);
  const outcome = await Promise.race([
    power.restart(node).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
    late.then(() => `not started again within ${RESTART_TIMEOUT_MS} ms`),
  ]);
  decided.abort();
  return outcome;
}
