/** A configuration as somebody writes it: what has no default, and nothing else. */
export const WRITTEN_CONFIGURATION = {
  nodeId: "n1",
  clusterId: "test",
  httpAddress: "127.0.0.1:10001",
  rpcAddress: "127.0.0.1:10002",
  members: [
    { id: "n1", address: "127.0.0.1:10002" },
    { id: "n2", address: "127.0.0.1:10004" },
  ],
  dataFolder: "data",
};
