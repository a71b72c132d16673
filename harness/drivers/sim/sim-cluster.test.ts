import { describeClusterContract } from "../../cluster/testing/cluster-suite.ts";
import { smallCluster } from "./testing/small-cluster.ts";

describeClusterContract("SimCluster", {
  driver: "sim",
  storesData: true,
  async start() {
    const { cluster, drive } = await smallCluster();
    return {
      cluster,
      clock: cluster.scheduler,
      http: cluster.http,
      drive,
      leftovers: async () => {
        const running = [...cluster.simNodes.values()].filter(({ isRunning }) => isRunning);
        const open = Array.from({ length: cluster.net.openCount }, () => "an open connection");
        return [...running.map(({ name }) => `node ${name}`), ...open];
      },
    };
  },
});
