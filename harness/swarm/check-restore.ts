/*
 * What a snapshot is worth: the one of a run is restored into a fresh cluster of the same names, in a world of its own. Every replica
 * must hold what the snapshot holds, once more must change nothing, and writes go on without a dot that the old cluster ever had.
 */

import { parseActor } from "../../src/base/actor.ts";
import { equalBytes, toBase64url } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HttpCall, HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { waitMs } from "../../src/env/wait.ts";
import { recordOf } from "../../src/replica/row.ts";
import { recordRowKey } from "../../src/replica/row-keys.ts";
import { SnapshotError } from "../../src/snapshot/contract.ts";
import { restoreSnapshot } from "../../src/snapshot/restore-snapshot.ts";
import { byteString } from "../../src/storage/byte-strings.ts";
import { tellsCausality } from "../drivers/sim/oracle/lossless.ts";
import { shownVersions, TOMBSTONE } from "../drivers/sim/oracle/shown-versions.ts";
import { Violations } from "../drivers/sim/oracle/violations.ts";
import { SimulationStuckError } from "../drivers/sim/scheduler.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { SimHttp } from "../drivers/sim/sim-http.ts";
import type { Archive, ArchivedRow } from "./archive.ts";
import { snapshotEnvironment } from "./archive.ts";
import { checkTrees } from "./check-trees.ts";
import { clockSkewMs } from "./clock-skew.ts";
import { RestoreWatch } from "./restore-watch.ts";
import { SimAssertions } from "./sim-assertions.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";

/** Keys that are written after the restore. */
const KEYS_WRITTEN_MAX = 12;
const UNTIL_MS = 300_000;
const TIMEOUT_MS = 2_000;
const TRIES_MAX = 40;
const PAUSE_MS = 500;
/** Beside what the clocks differ by: nodes take no row from the future where the last write wins. */
const LATER_MS = 86_400_000;

interface Restored {
  readonly plan: SimPlan;
  readonly archive: Archive;
  readonly cluster: SimCluster;
  readonly watch: RestoreWatch;
  readonly violations: Violations;
}

/** Restores, looks, writes and looks again; everything that is wrong is a finding. */
export async function checkRestore(plan: SimPlan, archive: Archive): Promise<readonly Finding[]> {
  const watch = new RestoreWatch();
  const crashes: Finding[] = [];
  let nowMs = (): number => 0;
  const assertions = new SimAssertions(() => nowMs());
  const { restoredPartitions = plan.run.partitions } = plan.snapshot ?? {};
  const cluster = new SimCluster({
    plan: { ...plan.run, partitions: restoredPartitions },
    world: plan.world,
    // Another than the run's own: chance does not repeat itself, incarnations above all.
    seed: `${plan.seed} restored`,
    laterMs: LATER_MS + clockSkewMs(plan),
    assertions,
    observer: () => watch,
    onCrash: (node, error) => {
      const detail = `Node ${node} died after a restore: ${error instanceof Error ? error.stack : error}`;
      crashes.push({ check: "crash", anomaly: "a node died after a restore", detail });
    },
    keepsLogs: false,
  });
  nowMs = () => cluster.scheduler.monotonicMs();
  const violations = new Violations(nowMs);
  try {
    const restored = { plan, archive, cluster, watch, violations };
    await cluster.scheduler.run(proveRestored(restored), { untilMs: UNTIL_MS });
  } catch (error) {
    const isFinding =
      error instanceof SnapshotError ||
      error instanceof HttpCallError ||
      error instanceof SimulationStuckError;
    if (!isFinding) throw error;
    violations.report("restore", () => ({
      anomaly: "a snapshot cannot be restored",
      detail: error.message,
    }));
  }
  return [...crashes, ...violations.first, ...assertions.findings];
}

async function proveRestored(restored: Restored): Promise<void> {
  const { plan, archive, cluster, watch, violations } = restored;
  const environment = snapshotEnvironment(cluster, archive.files);
  const to = cluster.nodes.map((node) => SimHttp.directUrl(node));
  await cluster.start();
  await expectRefused(restored, to);
  await restoreSnapshot(environment, { to, mayBeIncomplete: true });
  checkCopies(restored);
  watch.begin();
  await restoreSnapshot(environment, { to, mayBeIncomplete: true, mayMerge: true });
  if (watch.changes > 0) {
    violations.report("restored-twice", () => ({
      anomaly: "restoring a snapshot once more changed something",
      detail: `${watch.changes} rows are other than before`,
    }));
  }
  for (const { anomaly, detail } of checkTrees(cluster)) {
    violations.report("trees", () => ({ anomaly, detail }));
  }
  await writeOn(restored, new SeededRandom(plan.seed).fork("after the restore"));
  checkDots(restored);
}

/** With a flipped bit in its last file the snapshot is refused, and nothing of it is written. */
async function expectRefused(
  { archive, cluster, watch, violations }: Restored,
  to: readonly string[],
): Promise<void> {
  const { files, manifest } = archive;
  const name = manifest.partitions.findLast(({ file }) => file !== null)?.file?.name;
  if (name === undefined) return;
  const environment = snapshotEnvironment(cluster, files.withFlippedBit(name));
  watch.begin();
  const refusal = await restoreSnapshot(environment, { to, mayBeIncomplete: true }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal instanceof SnapshotError && watch.changes === 0) return;
  violations.report("damaged-restored", () => ({
    anomaly: "a damaged snapshot was restored in part or whole",
    detail: `With a flipped bit in ${name} it ended with ${refusal}, after ${watch.changes} rows`,
  }));
}

/** Each of a key's N nodes holds the snapshot's record, and no other node holds the key. */
function checkCopies({ plan, archive, cluster, violations }: Restored): void {
  for (const machine of cluster.simNodes.values()) {
    const shown = machine.shownRecords();
    const ring = machine.node?.ring();
    if (ring === undefined) continue;
    for (const [name, { key, record }] of archive.rows) {
      const owners: readonly string[] = ring.preferenceList(key).slice(0, plan.run.n);
      const value = shown.get(byteString(recordRowKey(ring.partitionOf(key), key)))?.value;
      const held = value && recordOf(value);
      const expected = owners.includes(machine.name) ? record : undefined;
      const isSame =
        held === undefined || expected === undefined
          ? held === expected
          : equalBytes(held, expected);
      if (isSame) continue;
      violations.report("restored-differs", () => ({
        anomaly: "a replica does not hold what the snapshot holds",
        detail: `Node ${machine.name} has a record of ${held?.length ?? 0} bytes and should have one of ${expected?.length ?? 0}`,
        key: name,
      }));
    }
  }
}

async function writeOn(restored: Restored, random: SeededRandom): Promise<void> {
  const { archive, cluster, plan } = restored;
  const { versioning: mode, truncate } = plan.run;
  const neverLoses = tellsCausality({ mode, truncated: truncate !== undefined });
  const rows = random.shuffle([...archive.rows.values()]).slice(0, KEYS_WRITTEN_MAX);
  await Promise.all(
    rows.map(async (row, number) => {
      const read = async (): Promise<readonly string[]> => {
        const query = `?r=${plan.run.n}&quorum=strict&timeoutMs=${TIMEOUT_MS}`;
        const call = { method: "GET", path: `${pathOf(row)}${query}` };
        return (
          shownVersions(await served(restored, call, random.pick(cluster.nodes)))?.payloads ?? []
        );
      };
      expectShown(restored, row, await read(), []);
      const body = Buffer.from(`after the restore ${number}`);
      const headers = { "content-type": "text/plain" };
      // Also where all N are fewer than a sloppy quorum asks for: a hint would not be read.
      const path = `${pathOf(row)}?w=${plan.run.n}&quorum=strict&timeoutMs=${TIMEOUT_MS}`;
      const call = { method: "PUT", path, headers, body };
      const { status } = await served(restored, call, random.pick(cluster.nodes));
      // A key of very many siblings takes no blind write.
      if (status !== 204 || !neverLoses) return;
      expectShown(restored, row, await read(), [byteString(body)]);
    }),
  );
}

/** Asks until it is served: a node with a slow disk may be believed down for a moment. */
async function served(
  { cluster, violations }: Restored,
  { path, ...call }: Omit<HttpCall, "url" | "timeoutMs"> & { readonly path: string },
  node: string,
): Promise<HttpCallResult> {
  const url = `${SimHttp.directUrl(node)}${path}`;
  for (let tries = 1; ; tries += 1) {
    const answer = await cluster.http.call({ ...call, url, timeoutMs: 2 * TIMEOUT_MS });
    if (answer.status < 500) return answer;
    if (tries === TRIES_MAX) {
      violations.report("restore", () => ({
        anomaly: "a restored cluster does not serve",
        detail: `Node ${node} answered ${call.method} ${path} with ${answer.status}, ${tries} times`,
      }));
      return answer;
    }
    await waitMs(cluster.scheduler, PAUSE_MS);
  }
}

/** A blind write is beside all that was there, and a read shows all of it. */
function expectShown(
  { violations, cluster }: Restored,
  row: ArchivedRow,
  shown: readonly string[],
  added: readonly string[],
): void {
  const missing = [...row.shown].filter(
    (payload) => payload !== TOMBSTONE && !shown.includes(payload),
  );
  const lacks = added.filter((text) => !shown.some((payload) => payload.endsWith(text)));
  if (missing.length === 0 && lacks.length === 0) return;
  violations.report("restored-unseen", () => ({
    anomaly: "a restored cluster does not show what it holds",
    detail: `A read from all N shows ${shown.length} values and lacks ${missing.length} of the snapshot's and ${lacks.length} written since, at ${cluster.scheduler.monotonicMs()} ms`,
    key: byteString(row.key),
  }));
}

/** Under no name and in no life of the old cluster was anything minted that is minted now. */
function checkDots({ archive, watch, violations }: Restored): void {
  const old = new Set(
    [...archive.rows.values()].flatMap(({ clock }) =>
      [...clock.keys()].map((actor) => parseActor(actor)?.incarnation),
    ),
  );
  for (const actor of watch.minted) {
    if (!old.has(parseActor(actor)?.incarnation)) continue;
    violations.report("dot-reused-after-restore", () => ({
      anomaly: "a node of a restored cluster mints under an incarnation of the old one",
      detail: `It minted under ${actor}`,
    }));
  }
}

function pathOf({ key }: Pick<ArchivedRow, "key">): string {
  return `/kv64/${toBase64url(key)}`;
}
