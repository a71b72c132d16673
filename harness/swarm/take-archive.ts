import { waitMs } from "../../src/env/wait.ts";
import type { Patience } from "../../src/snapshot/contract.ts";
import { SnapshotError } from "../../src/snapshot/contract.ts";
import { takeSnapshot } from "../../src/snapshot/take-snapshot.ts";
import { byteString } from "../../src/storage/byte-strings.ts";
import { MemoryFiles } from "../drivers/sim/memory-files.ts";
import type { Violation } from "../drivers/sim/observer.ts";
import { checkSnapshot, NO_CONTENT } from "../drivers/sim/oracle/check-snapshot.ts";
import { tellsCausality } from "../drivers/sim/oracle/lossless.ts";
import type { HeldRow } from "../drivers/sim/oracle/snapshot-lacks-row.ts";
import { checkHeld, heldRows } from "../drivers/sim/oracle/snapshot-lacks-row.ts";
import { Violations } from "../drivers/sim/oracle/violations.ts";
import { SimHttp } from "../drivers/sim/sim-http.ts";
import type { Archive } from "./archive.ts";
import { openArchive, snapshotEnvironment } from "./archive.ts";
import { machinesOf } from "./churn.ts";
import { nodesDestroyed } from "./plan-expectation.ts";
import type { SimulatedWorld } from "./simulated-world.ts";
import { TookPart } from "./took-part.ts";

/** Far more patient than needed would keep the run waiting for nodes that are down. */
const ARCHIVE_PATIENCE: Patience = { timeoutMs: 1_500, triesMax: 2, pauseMs: 50 };

/** Takes the plan's snapshot when it is time, past all links, and judges it by what the oracle knows by then. */
export async function takeArchive(world: SimulatedWorld): Promise<void> {
  const { cluster, plan, findings } = world;
  const { snapshot } = plan;
  if (snapshot === undefined) return;
  await waitMs(cluster.scheduler, snapshot.startMs);
  const files = new MemoryFiles();
  const asked = cluster.nodes.filter((node) => !snapshot.leftOut.includes(node));
  const held = heldRows(world.oracle?.states ?? [], lifeOf(world));
  try {
    const manifest = await takeSnapshot(snapshotEnvironment(cluster, files), {
      from: asked.map((node) => SimHttp.directUrl(node)),
      partitionsAtOnce: snapshot.partitionsAtOnce,
      patience: ARCHIVE_PATIENCE,
    });
    world.archive = await openArchive(manifest, files, plan.run.versioning);
    findings.push(...violationsOf(world, world.archive, { held, asked }));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // All nodes that were asked are down: then there is nothing to be taken.
    if (error.message.startsWith("Cannot reach the cluster")) return;
    // As long as a member is cut off it goes by the ring of before. Nothing else that fails then is excused by that.
    if (error.message.includes(" as one cluster: ") && ringsOf(world, asked).size > 1) return;
    const anomaly = "a snapshot cannot be taken";
    findings.push({ check: "snapshot", anomaly, detail: error.message, timeMs: world.nowMs() });
  }
}

/** By which rings these nodes go, as far as they are up. */
function ringsOf({ cluster }: SimulatedWorld, nodes: readonly string[]): ReadonlySet<string> {
  const rings = nodes.flatMap((node) => cluster.machine(node).node?.ring() ?? []);
  return new Set(rings.map(({ stamp }) => `${stamp.epoch} ${stamp.digest}`));
}

function lifeOf({ cluster }: SimulatedWorld): (node: string) => number | undefined {
  return (node) => {
    const machine = cluster.machine(node);
    return machine.isRunning ? machine.lifeCount : undefined;
  };
}

function violationsOf(
  world: SimulatedWorld,
  { manifest, rows }: Archive,
  { held, asked }: { readonly held: readonly HeldRow[]; readonly asked: readonly string[] },
): readonly Violation[] {
  const { plan, cluster, oracle } = world;
  const { run } = plan;
  const violations = new Violations(() => world.nowMs());
  const machines = machinesOf(plan);
  const tookPart = new TookPart({ manifest, asked, members: cluster.nodes, machines });
  const options = {
    tellsCausality: tellsCausality({ mode: run.versioning, truncated: run.truncate !== undefined }),
    nodesDestroyed: run.expects.verdict === "valid" ? nodesDestroyed(plan) : undefined,
  };
  const known = new Set<string>();
  for (const state of oracle?.states ?? []) {
    const name = byteString(state.key);
    known.add(name);
    const entry = manifest.partitions[cluster.ring.partitionOf(state.key)];
    if (entry === undefined) continue;
    const { begunMs } = entry;
    const missing = tookPart.missingOf(entry);
    const taken = { begunMs, missing, coversFromW: tookPart.claimOf(entry) };
    const content = rows.get(name) ?? NO_CONTENT;
    checkSnapshot(state, taken, { content, options }, violations);
  }
  for (const row of options.tellsCausality ? held : []) {
    const { key } = row.copy.state;
    const entry = manifest.partitions[cluster.ring.partitionOf(key)];
    if (entry === undefined || entry.coversFromW === null) continue;
    const { clock } = rows.get(byteString(key)) ?? NO_CONTENT;
    checkHeld(row, { clock, missing: tookPart.absentOf(entry) }, lifeOf(world), violations);
  }
  const strange = [...rows.keys()].find((name) => !known.has(name));
  if (strange !== undefined) {
    violations.report("snapshot-from-nowhere", () => ({
      anomaly: "a snapshot holds a key that nobody wrote",
      detail: `It holds a record of ${rows.get(strange)?.record.length} bytes`,
      key: strange,
    }));
  }
  return violations.first;
}
