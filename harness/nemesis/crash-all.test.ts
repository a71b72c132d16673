import { describe, expect, it } from "vitest";
import { crashAll } from "./crash-all.ts";
import { FakeCluster, fastClock } from "./testing/fake-cluster.ts";

const NODES = ["n1", "n2", "n3"];

async function crash(cluster: FakeCluster) {
  const phases: string[] = [];
  const journal = {
    note({ phase }: { readonly phase: string }) {
      phases.push(phase);
      return { timeNs: phases.length };
    },
  };
  const parts = { cluster, clock: fastClock(), keys: [], journal };
  const record = await crashAll(parts, { number: 4, signal: new AbortController().signal });
  return { record, phases };
}

describe("crashAll()", () => {
  it("kills every node before it starts any, and proves it", async () => {
    const cluster = new FakeCluster({ nodes: NODES });
    const calls: string[] = [];
    const { kill, restart } = cluster.processes;
    cluster.processes.kill = async (node) => {
      calls.push("kill");
      await kill(node);
    };
    cluster.processes.restart = async (node) => {
      calls.push("restart");
      await restart(node);
    };
    const { record, phases } = await crash(cluster);
    expect(calls).toEqual([...NODES.map(() => "kill"), ...NODES.map(() => "restart")]);
    expect(phases).toEqual(["apply-start", "applied", "heal-start", "healed"]);
    expect(record).toMatchObject({ name: "4-all-crash", kind: "all-crash", nodes: NODES });
    expect(record.proof).toMatchObject({ bit: true, reason: "" });
    expect(record.proof.during).toHaveLength(2 * NODES.length);
  });

  it("did not bite where one node lived on", async () => {
    const cluster = new FakeCluster({ nodes: NODES });
    const { kill } = cluster.processes;
    cluster.processes.kill = async (node) => {
      if (node !== "n2") await kill(node);
    };
    expect((await crash(cluster)).record.proof).toMatchObject({
      bit: false,
      reason: "n2 still answered during the fault (and 1 more)",
    });
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ["dies", () => Promise.reject(new Error("Node n2 died")), /n2 did not answer .*: Node n2 died/],
    ["hangs", () => new Promise(() => {}), /n2 did not answer .*: not started again within/],
  ])("says so, and rejects not, where a node %s while it starts", async (_, start, reason) => {
    const cluster = new FakeCluster({ nodes: NODES });
    const { restart } = cluster.processes;
    cluster.processes.restart = (node) => (node === "n2" ? start() : restart(node));
    const { proof } = (await crash(cluster)).record;
    expect(proof.bit).toBe(false);
    expect(proof.reason).toMatch(reason);
  });
});
