/** The files that a run writes into its folder while it goes, by name. */
export const PLAN_FILE = "plan.json";
/** Beside the plan of a simulated run of a swarm: its world and its faults. */
export const SIM_PLAN_FILE = "sim-plan.json";
export const CLUSTER_FILE = "cluster.json";
export const FAULTS_FILE = "faults.json";
