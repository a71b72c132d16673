import type { Patience } from "../../src/snapshot/contract.ts";
import { SnapshotError } from "../../src/snapshot/contract.ts";
import type { Manifest, PartitionEntry } from "../../src/snapshot/manifest.ts";
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
import { waitMs } from "../nemesis/wait.ts";
import type { Archive } from "./archive.ts";
import { openArchive, snapshotEnvironment } from "./archive.ts";
import { nodesDestroyed } from "./plan-expectation.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Far more patient than needed would keep the run waiting for nodes that are down. */
const ARCHIVE_PATIENCE: Patience = { timeoutMs: 1_500, triesMax: 2, pauseMs: 50 };

/** Takes the plan's snapshot when it is time, past all links, and judges it by what the oracle knows by then. */
export async function takeArchive(world: SimulatedWorld): Promise<void> {
  const { cluster, plan, findings } = world;
  const { snapshot } = plan;
  if (snapshot === undefined) return;
  await waitMs(cluster.scheduler, snapshot.startMs);
  const files = new MemoryFiles();
  const held = heldRows(world.oracle?.states ?? [], lifeOf(world));
  try {
    const manifest = await takeSnapshot(snapshotEnvironment(cluster, files), {
      from: cluster.nodes
        .filter((node) => !snapshot.leftOut.includes(node))
        .map((node) => SimHttp.directUrl(node)),
      partitionsAtOnce: snapshot.partitionsAtOnce,
      patience: ARCHIVE_PATIENCE,
    });
    world.archive = await openArchive(manifest, files, plan.run.versioning);
    findings.push(...violationsOf(world, world.archive, held));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // All nodes that were asked are down: then there is nothing to be taken.
    if (error.message.startsWith("Cannot reach the cluster")) return;
    const anomaly = "a snapshot cannot be taken";
    findings.push({ check: "snapshot", anomaly, detail: error.message, timeMs: world.nowMs() });
  }
}

function lifeOf({ cluster }: SimulatedWorld): (node: string) => number | undefined {
  return (node) => {
    const machine = cluster.machine(node);
    return machine.isRunning ? machine.lifeCount : undefined;
  };
}

/** What the snapshot says of a partition, and of itself as a whole. */
function claimOf({ complete, cluster }: Manifest, { coversFromW }: PartitionEntry): number | null {
  return complete ? Math.min(coversFromW ?? cluster.w, cluster.w) : coversFromW;
}

function violationsOf(
  world: SimulatedWorld,
  { manifest, rows }: Archive,
  held: readonly HeldRow[],
): readonly Violation[] {
  const { plan, cluster, oracle } = world;
  const { run } = plan;
  const violations = new Violations(() => world.nowMs());
  const ring = [...cluster.simNodes.values()].find(({ node }) => node !== undefined)?.node?.ring();
  const options = {
    tellsCausality: tellsCausality({ mode: run.versioning, truncated: run.truncate !== undefined }),
    nodesDestroyed: run.expects.verdict === "valid" ? nodesDestroyed(plan) : undefined,
  };
  const known = new Set<string>();
  for (const state of oracle?.states ?? []) {
    const name = byteString(state.key);
    known.add(name);
    const entry = manifest.partitions[ring?.partitionOf(state.key) ?? -1];
    if (entry === undefined) continue;
    const { begunMs, missing } = entry;
    const taken = { begunMs, missing, coversFromW: claimOf(manifest, entry) };
    const content = rows.get(name) ?? NO_CONTENT;
    checkSnapshot(state, taken, { content, options }, violations);
  }
  for (const row of options.tellsCausality ? held : []) {
    const { key } = row.copy.state;
    const { missing, coversFromW } = manifest.partitions[ring?.partitionOf(key) ?? -1] ?? {};
    if (missing === undefined || coversFromW === null) continue;
    const { clock } = rows.get(byteString(key)) ?? NO_CONTENT;
    checkHeld(row, { clock, missing }, lifeOf(world), violations);
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
