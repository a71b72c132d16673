/*
 * Anti-entropy by itself in a small simulated cluster, and what watches over it: silent on the store as it is, awake for a tree that
 * is not that of its rows and for replicas that differ. Clients write; none reads.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../src/base/bytes.ts";
import type { NodeTrees } from "../cluster/contract.ts";
import type { SimNode } from "../drivers/sim/sim-node.ts";
import type { SmallClusterOptions } from "../drivers/sim/testing/small-cluster.ts";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import type { HistoryLine } from "../history/operation.ts";
import { waitForTrees } from "../run/wait-for-trees.ts";
import { checkDrift, checkEqualTrees, checkTrees } from "./check-trees.ts";

const PLAN = { n: 3, versioning: "dvvset" } as const;
const KEYS = Array.from({ length: 40 }, (_, number) => `key ${number}`);

async function open(options: SmallClusterOptions = {}) {
  const small = await smallCluster({
    world: { settings: { antiEntropyMs: 200, hintScanMs: 200 } },
    ...options,
  });
  const { cluster, drive, ask } = small;
  const signal = new AbortController().signal;
  return {
    ...small,
    write: async (node: string, keys = KEYS) => {
      for (const key of keys) {
        await drive(ask(node, { method: "PUT", target: pathOf(key), body: `${key} at ${node}` }));
      }
    },
    /** What the trees told once they were equal, or the time was over. */
    equalTrees: async (): Promise<readonly HistoryLine[]> => {
      const told = await drive(waitForTrees({ cluster, clock: cluster.scheduler, signal }, PLAN.n));
      return told.map((each, index) => ({ index, type: "tree-roots", timeNs: 0, ...each }));
    },
    rows: (node: string) =>
      cluster
        .machine(node)
        .disk.rows()
        .filter(({ table }) => table === "records")
        .map(({ key }) => Buffer.from(key).toString("hex"))
        .sort(),
  };
}

describe("anti-entropy alone", () => {
  test("makes a wiped node whole again without a single read (D-4.7-1)", async () => {
    const { cluster, write, drive, pass, equalTrees, rows } = await open();
    await write("n1");
    const machine = cluster.machine("n2");
    machine.kill("process");
    machine.disk.wipe();
    await drive(machine.start());
    expect(rows("n2")).toEqual([]);
    expect((await drive(cluster.status("n2"))).antiEntropy?.isSynchronised).toBe(false);
    const lines = await equalTrees();
    expect(rows("n2")).toEqual(rows("n1"));
    expect(checkEqualTrees(lines, PLAN)).toEqual([]);
    expect(checkTrees(cluster)).toEqual([]);
    // What others brought makes it equal; it knows once it has asked each of them itself.
    await pass(2_000);
    expect((await drive(cluster.status("n2"))).antiEntropy?.isSynchronised).toBe(true);
  });

  test("brings an owner what was promised by a keeper of hints that is gone for good (D-4.7-1)", async () => {
    const { cluster, write, drive, pass, equalTrees } = await open({ plan: { nodes: 4 } });
    const owner = cluster.machine("n3");
    owner.kill("process");
    await pass(100);
    await write("n1");
    const keepers = ["n1", "n2", "n4"].filter((name) =>
      cluster
        .machine(name)
        .disk.rows()
        .some(({ table }) => table === "hints"),
    );
    expect(keepers).not.toEqual([]);
    // The hints are gone, the keepers' own rows are not.
    for (const name of keepers) {
      const { disk } = cluster.machine(name);
      cluster.machine(name).kill("process");
      const hints = disk.rows().filter(({ table }) => table === "hints");
      const engine = disk.open();
      await drive(engine.write(hints.map(({ table, key }) => ({ table, key, value: undefined }))));
      await drive(engine.close());
      await drive(cluster.machine(name).start());
    }
    await drive(owner.start());
    const lines = await equalTrees();
    expect(checkEqualTrees(lines, PLAN)).toEqual([]);
    expect(checkTrees(cluster)).toEqual([]);
    for (const key of KEYS) {
      const primaries = owner.node?.ring().preferenceList(utf8Bytes(key)).slice(0, 3) ?? [];
      const copies = await Promise.all(
        primaries.map((name) => drive(cluster.replica(name, utf8Bytes(key)))),
      );
      expect(new Set(copies.map(({ digest }) => digest)).size).toBe(1);
      expect(copies[0]?.digest).not.toBeNull();
    }
  });
});

describe("the checks of trees", () => {
  test.each<[string, Partial<NodeTrees>, string]>([
    ["a tree that misses rows", { roots: {} }, "a tree is not that of its rows"],
    ["a tree with more than its rows", { roots: { 99: "aa" } }, "a tree is not that of its rows"],
    ["trees that are not built", { isBuilt: false }, "a node's trees are not built"],
  ])("see %s", async (_, told, anomaly) => {
    const { cluster, write, pass } = await open();
    await write("n1");
    await pass(100);
    expect(checkTrees(cluster)).toEqual([]);
    const real = cluster.machine("n2");
    const { name, node, configuration } = real;
    const trees = { ...(node?.operator.trees() as NodeTrees) };
    const lying = { ring: () => node?.ring(), operator: { trees: () => ({ ...trees, ...told }) } };
    const shownRecords = () => real.shownRecords();
    const machine = { name, configuration, shownRecords, node: lying } as unknown as SimNode;
    expect(checkTrees({ simNodes: new Map([[name, machine]]) })).toMatchObject([{ anomaly }]);
  });

  test("see replicas that stay different, in versionings that converge", async () => {
    const root = (node: string, value: string): HistoryLine => ({
      index: 0,
      type: "tree-roots",
      node,
      isBuilt: true,
      roots: { 7: value },
      timeNs: 0,
    });
    const lines = [root("n1", "aa"), root("n2", "aa"), root("n3", "bb")];
    expect(checkEqualTrees(lines, PLAN)).toMatchObject([
      { check: "trees", anomaly: "replicas do not become equal" },
    ]);
    expect(checkEqualTrees(lines, { n: 3, versioning: "vector-clock" })).toEqual([]);
    expect(checkEqualTrees([], PLAN)).toEqual([]);
  });
});

test("checkDrift() finds what nodes found out themselves", () => {
  expect(checkDrift({ "an exchange found equal trees": 3 })).toEqual([]);
  expect(checkDrift({ "a hash tree had drifted from its rows": 1 })).toMatchObject([
    { check: "trees", anomaly: "a tree had drifted from its rows" },
  ]);
});
