import type { Plan } from "../run/plan.ts";

/** The command that runs a plan again, ready to paste into a shell. */
export function repeatCommand(plan: Plan): string {
  const flags: [string, string | number][] = [
    ["workload", plan.workload],
    ["cluster", plan.cluster],
    ["nodes", plan.nodes],
    ["n", plan.n],
    ["r", plan.r],
    ["w", plan.w],
    ["partitions", plan.partitions],
    ["quorum", plan.quorum],
    ["versioning", plan.versioning],
    ["reconcile", plan.reconcile],
    ["engine", plan.engine],
    ["nemesis", plan.nemesis.length === 0 ? "none" : plan.nemesis.join(",")],
    ["rate", plan.rate],
    ["clients", plan.clients],
    ["carts", plan.carts],
    ["seconds", plan.seconds],
    ["seed", plan.seed],
  ];
  if (plan.writeBufferObjects !== undefined) {
    flags.push(["write-buffer", plan.writeBufferObjects]);
  }
  if (plan.clientRouting !== undefined) flags.push(["client-routing", plan.clientRouting]);
  if (plan.datacenters !== undefined) {
    flags.push(["datacenters", plan.datacenters.count]);
    const { replicas } = plan.datacenters;
    if (replicas !== undefined) flags.push(["datacenter-replicas", replicas.join(",")]);
  }
  const { targets, toxiproxyHost, toxiproxyPorts } = plan.external ?? {};
  if (targets !== undefined) flags.push(["targets", targets.join(",")]);
  if (toxiproxyHost !== undefined) flags.push(["toxiproxy-host", toxiproxyHost]);
  if (toxiproxyPorts !== undefined) flags.push(["toxiproxy-ports", toxiproxyPorts]);
  if (plan.toxiproxyUrl !== undefined) flags.push(["toxiproxy", plan.toxiproxyUrl]);
  if (plan.toxiproxyImage !== undefined) flags.push(["toxiproxy-image", plan.toxiproxyImage]);
  if (plan.slo !== undefined) flags.push(["slo", plan.slo]);
  const words = flags.map(([name, value]) => `--${name} ${quote(String(value))}`);
  if (plan.clientsRoam) words.push("--clients-roam");
  if (plan.beyondBudget) words.push("--beyond-budget");
  return `npm run bench -- ${words.join(" ")}`;
}

function quote(word: string): string {
  if (/^[\w.,:/@%+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
