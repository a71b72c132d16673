import { describe, expect, test } from "vitest";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import { runLiveness } from "./liveness.ts";
import { SimulatedWorld } from "./simulated-world.ts";
import type { PlainPlanOptions } from "./testing/plain-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const BETWEEN = [
  { from: "n1", to: "n2" },
  { from: "n2", to: "n1" },
];

/** A healthy cluster right before its core is left alone. `plant` breaks it first. */
async function liveness(options: PlainPlanOptions, plant = (_world: SimulatedWorld): void => {}) {
  const world = new SimulatedWorld(plainPlan(options));
  const { cluster, recorder, plan, stores } = world;
  const drive = <T>(promise: Promise<T>) => cluster.scheduler.run(promise, { untilMs: 200_000 });
  await drive(cluster.start());
  plant(world);
  const clients = shoppingCart.clients(
    { clock: cluster.scheduler, random: world.chance.fork("clients") },
    { plan: plan.run, openStore: (_process, home) => stores.open(home) },
  );
  const parts = { cluster, recorder, clients, plan: plan.run, core: plan.core };
  const findings = await drive(runLiveness(parts));
  const adds = recorder.lines.filter((line) => "f" in line && line.f === "add");
  return { findings, adds, cluster };
}

describe("runLiveness()", () => {
  test("finds nothing where the core serves while the others are dead", async () => {
    const { findings, adds, cluster } = await liveness({ core: ["n1", "n2"] });
    expect(findings).toEqual([]);
    expect(adds.some((line) => line.type === "ok")).toBe(true);
    expect(cluster.machine("n3").isRunning).toBe(false);
  });

  test("leaves nodes paused whose data would die with them", async () => {
    const { findings, cluster } = await liveness({
      core: ["n1", "n2"],
      run: { engine: "memory" },
    });
    expect(findings).toEqual([]);
    expect(cluster.machine("n3").server?.process.state).toBe("paused");
  });

  test("finds a core that cannot serve: a link in it stays cut", async () => {
    const { findings } = await liveness({ core: ["n1", "n2"] }, ({ cluster }) =>
      cluster.net.impair(BETWEEN, { kind: "black-hole" }),
    );
    expect(findings).toMatchObject([
      { check: "liveness", anomaly: "a healed core does not serve" },
    ]);
    expect(findings[0]?.detail).toMatch(/After 30000 ms n1, n2 alone .*: cart-\d through n[12]: /);
  });

  test("finds a core that serves some of its clients only", async () => {
    const { findings } = await liveness({ core: ["n1", "n2"] }, ({ cluster }) =>
      cluster.net.impair(
        [
          { from: "client-n2", to: "n2" },
          { from: "client-n2", to: "n1" },
        ],
        {
          kind: "black-hole",
        },
      ),
    );
    expect(findings[0]?.detail).toContain("through n2: ");
  });

  test("finds a node of the core that does not start", async () => {
    const { findings } = await liveness({ core: ["n1", "n2"] }, ({ cluster }) => {
      cluster.machine("n2").kill("process");
      cluster.machine("n2").disk.setFull(true);
    });
    expect(findings).toMatchObject([
      { check: "liveness", anomaly: "a healed core node does not start" },
    ]);
    expect(findings[0]?.detail).toContain("Node n2 does not start: Cannot ");
  });

  test("asks with a strict quorum only for keys whose owners are in the core", async () => {
    const run = { n: 1, r: 1, w: 1, quorum: "strict", carts: 12 } as const;
    const { findings, adds, cluster } = await liveness({ core: ["n1"], run });
    expect(findings).toEqual([]);
    const ring = cluster.machine("n1").node?.ring();
    const owners = adds.map((line) =>
      "key" in line ? ring?.preferenceList(Buffer.from(line.key))[0] : undefined,
    );
    expect(new Set(owners)).toEqual(new Set(["n1"]));
  });
});
