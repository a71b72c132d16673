/**
 * A harness that starts a cluster of stand-in nodes, pauses one, prints the ids of all its children in one line, and waits to be
 * killed. Argument: the folder for logs.
 */

import { join } from "node:path";
import { openProxies } from "../../open-proxies.ts";
import { SMALL_PLAN } from "../../testing/small-plan.ts";
import { startProcessCluster } from "../process-cluster.ts";

const [, , logFolder = "."] = process.argv;
const onFailure = (error: Error) => console.error(error.message);
const cluster = await startProcessCluster({
  plan: SMALL_PLAN,
  run: "killed",
  logFolder,
  keep: false,
  nodeProgram: [process.execPath, join(import.meta.dirname, "stand-in-node.ts")],
  openProxies: (address) => openProxies({ url: undefined, address, run: "killed", onFailure }),
  onFailure,
});
const statuses = await Promise.all(cluster.nodes.map((node) => cluster.status(node)));
await cluster.processes?.pause("n2");
console.log([...statuses.map((status) => status.incarnation)].join(" "));
setInterval(() => {}, 60_000);
