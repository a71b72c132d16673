import type { MachinePower, MachinePressure } from "../../cluster/contract.ts";
import type { FaultProof } from "../fault.ts";
import type { FaultAction } from "../fault-action.ts";
import type { Probe, StatusProbe } from "../probes.ts";
import { pairsOf, probePairs, probeStatus, probeUntil } from "../probes.ts";
import type { ProofProbes } from "../prove.ts";
import type { PressureProbe } from "../prove-pressure.ts";
import { judgeCpu, judgeFullDisk, judgeMemory } from "../prove-pressure.ts";
import { judgeDisconnect } from "../prove-silence.ts";
import type { Attack, AttackParts } from "./attack.ts";
import {
  HEALTHY_TIMEOUT_MS,
  onNode,
  powerOf,
  RECOVERY_TIMEOUT_MS,
  statusWithin,
  waitUntilReunited,
} from "./attack.ts";

export type PressureAction = Extract<
  FaultAction,
  { readonly type: "cpu" } | { readonly type: "memory" | "disk-full" }
>;

/** What a node keeps of its memory; a machine that cannot take as much takes what it can. */
const MEMORY_SHARE = 0.7;

/** A node taken off every network: the harness and the others find it silent, and its process lives on. */
export function disconnectAttack(parts: AttackParts, node: string): Attack<Probe> {
  const { cluster, clock } = parts;
  const power = powerOf(cluster, "machines");
  // The node itself cannot be asked to probe anybody.
  const pairs = pairsOf(cluster.nodes).filter(({ from }) => from !== node);
  const broken = pairs.filter(({ to }) => to === node);
  const untouched = pairs.filter(({ to }) => to !== node);
  const untilAnswered = (list: typeof pairs, timeoutMs: number) =>
    probeUntil({ cluster, clock }, list, { isWanted: ({ answered }) => answered, timeoutMs });
  return {
    ...onNode(parts, node),
    apply: () => power.detach(node),
    heal: () => power.attach(node),
    before: async () => [
      await statusWithin(parts, node, HEALTHY_TIMEOUT_MS),
      ...(await untilAnswered(pairs, HEALTHY_TIMEOUT_MS)),
    ],
    during: async () =>
      (
        await Promise.all([
          probeStatus(parts, node).then((probe) => [probe]),
          probePairs(cluster, broken),
          untilAnswered(untouched, HEALTHY_TIMEOUT_MS),
        ])
      ).flat(),
    async after() {
      const answer = await statusWithin(parts, node, RECOVERY_TIMEOUT_MS);
      const probes = await untilAnswered(pairs, RECOVERY_TIMEOUT_MS);
      await waitUntilReunited(parts);
      return [answer, ...probes];
    },
    judge: (probes) => judgeDisconnect(probes, broken),
  };
}

/** A node short of processor time, memory or room on its disk: its machine counts how often that mattered. */
export function pressureAttack(parts: AttackParts, action: PressureAction): Attack<PressureProbe> {
  const { node } = action;
  const power = powerOf(parts.cluster, "machines");
  const { apply, heal, judge } = pressureOf(power, action);
  const pressed = async (asked: Promise<StatusProbe>): Promise<readonly PressureProbe[]> => {
    const probe = await asked;
    const pressure = await power.pressure(node);
    return [{ ...probe, pressure, detail: `${probe.detail}, ${measured(probe, pressure)}` }];
  };
  return {
    ...onNode(parts, node),
    apply,
    heal,
    before: () => pressed(statusWithin(parts, node, HEALTHY_TIMEOUT_MS)),
    during: () => pressed(probeStatus(parts, node)),
    async after() {
      const probes = await pressed(statusWithin(parts, node, RECOVERY_TIMEOUT_MS));
      await waitUntilReunited(parts);
      return probes;
    },
    judge,
  };
}

interface Pressure {
  apply(): Promise<void>;
  heal(): Promise<void>;
  judge(probes: ProofProbes<PressureProbe>): FaultProof;
}

function pressureOf(power: MachinePower, action: PressureAction): Pressure {
  const { node } = action;
  switch (action.type) {
    case "cpu":
      return {
        apply: () => power.limit(node, { cpus: action.cpus }),
        heal: () => power.unlimit(node),
        judge: judgeCpu,
      };
    case "memory":
      return {
        // Less than it has now: a node whose use is steady would not meet a limit at what it uses.
        apply: async () => {
          const { memoryBytes } = await power.pressure(node);
          await power.limit(node, { memoryBytes: Math.floor(memoryBytes * MEMORY_SHARE) });
        },
        heal: () => power.unlimit(node),
        judge: judgeMemory,
      };
    case "disk-full":
      return {
        apply: () => power.fillDisk(node),
        heal: () => power.freeDisk(node),
        judge: judgeFullDisk,
      };
  }
}

function measured({ status }: StatusProbe, pressure: MachinePressure): string {
  const { throttledPeriods, memoryLimitHits, memoryKills, diskFreeBytes } = pressure;
  return [
    `${throttledPeriods} periods held back`,
    `${memoryLimitHits} times at its limit of memory`,
    `${memoryKills} times killed by it`,
    `${diskFreeBytes} bytes of disk free`,
    ...(status === undefined ? [] : [`${status.writesLost} writes lost`]),
  ].join(", ");
}
