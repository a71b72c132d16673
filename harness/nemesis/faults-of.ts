import type { Cluster } from "../cluster/contract.ts";
import type { FaultKind } from "../run/plan.ts";
import { NEMESIS_KINDS } from "../run/plan.ts";

/** The optional powers of a cluster, by their names in the contract. */
export const POWERS = ["network", "processes", "machines", "clocks"] as const;
export type Power = (typeof POWERS)[number];

/** The power that each kind of fault takes. */
const POWER_FOR: Readonly<Record<FaultKind, Power>> = {
  halves: "network",
  one: "network",
  ring: "network",
  bridge: "network",
  "one-way": "network",
  datacenter: "network",
  crash: "processes",
  pause: "processes",
  slow: "network",
  restart: "processes",
  wipe: "processes",
  disconnect: "machines",
  cpu: "machines",
  memory: "machines",
  "disk-full": "machines",
  clock: "clocks",
};

/** The powers that a driver's clusters have; known before one is started. */
export const POWERS_OF: Readonly<Record<Cluster["driver"], readonly Power[]>> = {
  processes: ["network", "processes", "clocks"],
  docker: ["network", "processes", "machines", "clocks"],
  external: ["network", "clocks"],
  sim: ["network", "processes", "clocks"],
};

/** The kinds of faults that a driver can inject, or less powerful clusters of it, in the order of `NEMESIS_KINDS`. */
export function faultsOf(
  driver: Cluster["driver"],
  powers: readonly Power[] = POWERS_OF[driver],
): readonly FaultKind[] {
  // Where the nodes of a cluster are that others run, no plan says.
  const isKnown = (kind: FaultKind) => kind !== "datacenter" || driver !== "external";
  return NEMESIS_KINDS.filter(
    (kind) => kind !== "none" && powers.includes(POWER_FOR[kind]) && isKnown(kind),
  ) as readonly FaultKind[];
}
