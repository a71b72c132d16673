import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Cluster } from "../cluster/contract.ts";
import type { NemesisKind } from "../run/plan.ts";
import { NEMESIS_KINDS } from "../run/plan.ts";
import type { FaultRecord } from "./fault.ts";
import { runNemesis } from "./nemesis.ts";
import { buildSchedule } from "./schedule.ts";
import { FakeCluster, fastClock } from "./testing/fake-cluster.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const ALL = NEMESIS_KINDS.filter((kind) => kind !== "none");
const KEYS = ["cart-0", "cart-1"];
async function attack(
  cluster: Cluster,
  nemesis: readonly NemesisKind[],
  signal = new AbortController().signal,
  onCurrent: (name: string | undefined) => void = () => {},
) {
  const plan = {
    nemesis,
    seconds: 30,
    w: 2,
    engine: "lmdb",
    datacenters: { count: 2 },
    clientsRoam: false,
    beyondBudget: false,
  } as const;
  const clock = fastClock();
  const lines: string[] = [];
  const told: FaultRecord[] = [];
  const records = await runNemesis(
    {
      cluster,
      clock,
      keys: KEYS,
      journal: {
        note({ phase, fault }) {
          lines.push(`${fault} ${phase}`);
          return { timeNs: lines.length };
        },
      },
    },
    buildSchedule(plan, NODES, new SeededRandom(3)),
    {
      startMs: clock.monotonicMs(),
      signal,
      onCurrent: (fault) => onCurrent(fault?.name),
      onFault: (record) => void told.push(record),
    },
  );
  return { records, lines, told };
}

describe("runNemesis()", () => {
  it("carries out every kind, proves that it bit, and heals it", async () => {
    const cluster = new FakeCluster({ nodes: NODES, digest: () => "d" });
    const current: (string | undefined)[] = [];
    const { records, lines, told } = await attack(cluster, ALL, undefined, (name) =>
      current.push(name),
    );
    expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set(ALL));
    expect(records.filter(({ proof }) => !proof.bit).map(({ proof }) => proof.reason)).toEqual([]);
    expect(told).toEqual(records);
    expect(lines).toEqual(
      records.flatMap(({ name }) =>
        ["apply-start", "applied", "heal-start", "healed"].map((phase) => `${name} ${phase}`),
      ),
    );
    expect(current).toEqual(records.flatMap(({ name }) => [name, undefined]));
    for (const record of records) {
      expect(record.applyStartNs).toBeLessThan(record.appliedNs);
      expect(record.appliedNs).toBeLessThan(record.healStartNs);
      expect(record.healStartNs).toBeLessThan(record.healedNs);
    }
  });

  it("sees that a fault did not bite where a node dials past the proxies", async () => {
    const bypassed = NODES.flatMap((node) => [`n1~${node}`, `${node}~n1`]);
    const { records } = await attack(new FakeCluster({ nodes: NODES, bypassed }), [
      "one",
      "halves",
    ]);
    const halves = records.find(({ kind }) => kind === "halves");
    expect(halves?.proof.bit).toBe(false);
    expect(halves?.proof.reason).toMatch(/still answered n|n1 still answered/);
  });

  it.each([
    ["wipe", "still held 2 of 2 keys that it had held before"],
    ["disconnect", "still answered during the fault"],
    ["cpu", "was never held back by its limit of processor time"],
    ["memory", "never met its limit of memory"],
    ["disk-full", "had 1000000 bytes free during the fault"],
    ["clock", /was off by -?\d+ ms during the fault, expected/],
  ] as const)("sees that %s did not bite where the power did nothing", async (kind, reason) => {
    const idle = new FakeCluster({ nodes: NODES, digest: () => "d", isIdle: true });
    const { records } = await attack(idle, [kind]);
    expect(records.map(({ proof }) => proof.bit)).not.toContain(true);
    for (const { proof } of records) expect(proof.reason).toMatch(reason);
  });

  it("takes a node that its limit of memory killed for hit, and sees it come back", async () => {
    const cluster = new FakeCluster({ nodes: NODES, memoryKills: true });
    const { records } = await attack(cluster, ["memory"]);
    expect(records.map(({ proof }) => proof.reason)).toEqual(records.map(() => ""));
    const [{ proof } = { proof: undefined }] = records;
    expect(proof?.during.every(({ answered }) => !answered)).toBe(true);
    expect(proof?.after[0]?.detail).not.toBe(proof?.before[0]?.detail);
  });

  it("says which power is missing", async () => {
    const cluster: Cluster = Object.assign(new FakeCluster({ nodes: NODES }), {
      clocks: undefined,
    });
    await expect(attack(cluster, ["clock"])).rejects.toThrow(
      "the driver sim has no power over clocks",
    );
  });

  it("heals at once and stops when it is interrupted", async () => {
    const cluster = new FakeCluster({ nodes: NODES });
    const controller = new AbortController();
    const { records } = await attack(cluster, ["halves", "one"], controller.signal, (name) => {
      if (name !== undefined) controller.abort();
    });
    expect(records).toHaveLength(1);
    expect(cluster.log).toHaveLength(2);
    expect(cluster.log.at(-1)).toBe("heal");
  });

  it("heals before it reports that a power failed", async () => {
    const cluster = new FakeCluster({ nodes: NODES });
    cluster.network.apply = () => Promise.reject(new Error("Toxiproxy is gone"));
    await expect(attack(cluster, ["halves"])).rejects.toThrow("Toxiproxy is gone");
    expect(cluster.log).toEqual(["heal"]);
  });
});
