import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { linkName } from "../cluster/contract.ts";
import type { ClockPlan, DelayPlan, WorldPlan } from "../drivers/sim/world-plan.ts";
import { pairsOf } from "../nemesis/probes.ts";
import type { Plan } from "../run/plan.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";

const SLOW_NETWORK_SHARE = 0.15;
const UNEVEN_LINKS_SHARE = 0.25;
const SLOW_DISK_SHARE = 0.08;
const UNSYNCED_SHARE = 0.25;
const CHOPPED_SHARE = 0.4;
const WRONG_CLOCKS_SHARE = 0.4;
const SETTING_SHARE = 0.5;
const NO_ANTI_ENTROPY_SHARE = 0.5;
const VERIFIED_TREES_SHARE = 0.6;
const HINT_LIMIT_SHARE = 0.15;
const HINT_PACE_SHARE = 0.3;
const CLOCK_SKEW_MS_MAX = 10_000;
const CLOCK_DRIFT_PPM_MAX = 500;
const REQUEST_TIMEOUT_MS_MAX = 5_000;

/** Delays, disks and clocks of one seed's world. */
export function drawWorld(
  random: SeededRandom,
  engine: Plan["engine"],
  nodes: readonly string[],
): WorldPlan {
  const network = drawNetwork(random.fork("network"));
  const links = drawLinks(random.fork("links"), nodes);
  const disk = random.fork("disk");
  const slowWrites = chance(disk, SLOW_DISK_SHARE);
  const slowReads = chance(disk, SLOW_DISK_SHARE);
  const diskWrite = slowWrites ? delay(disk, 1, 1_000) : delay(disk, 0, 2);
  const diskRead = slowReads ? delay(disk, 1, 100) : { minMs: 0, meanMs: 0 };
  const sync = !chance(disk, UNSYNCED_SHARE);
  const chopped = random.fork("chopped");
  return {
    network,
    links,
    choppedShare: chance(chopped, CHOPPED_SHARE) ? wholeBetween(chopped, 1, 100) / 100 : 0,
    // Data in memory meets no disk at all.
    diskWrite: engine === "memory" ? { minMs: 0, meanMs: 0 } : diskWrite,
    diskRead: engine === "memory" ? { minMs: 0, meanMs: 0 } : diskRead,
    sync,
    clocks: drawClocks(random.fork("clocks"), nodes),
    settings: {
      ...drawSettings(
        random.fork("settings"),
        slowestMs([network, ...Object.values(links)]) + diskWrite.meanMs + diskRead.meanMs,
      ),
      ...drawHintSettings(random.fork("hints")),
    },
  };
}

function drawNetwork(random: SeededRandom): DelayPlan {
  const isSlow = chance(random, SLOW_NETWORK_SHARE);
  const minMs = wholeBetween(random, 0, isSlow ? 30 : 2);
  const aboveMs = isSlow ? magnitudeBetween(random, 1, 100) : wholeBetween(random, 0, 30) / 10;
  return { minMs, meanMs: minMs + aboveMs };
}

/** Some links slower than the rest, each direction by itself. */
function drawLinks(
  random: SeededRandom,
  nodes: readonly string[],
): Readonly<Record<string, DelayPlan>> {
  if (!chance(random, UNEVEN_LINKS_SHARE)) return {};
  const slower = pairsOf(nodes).filter(() => chance(random, 0.5));
  return Object.fromEntries(slower.map((link) => [linkName(link), delay(random, 1, 40)]));
}

function slowestMs(delays: readonly DelayPlan[]): number {
  return Math.max(...delays.map(({ meanMs }) => meanMs));
}

/** A mean of the given order of magnitude, part of it fixed. */
function delay(random: SeededRandom, lowMs: number, highMs: number): DelayPlan {
  const meanMs =
    lowMs === 0
      ? wholeBetween(random, 1, highMs * 10) / 10
      : magnitudeBetween(random, lowMs, highMs);
  return { minMs: Math.floor(meanMs * random.float() * 10) / 10, meanMs };
}

function drawClocks(
  random: SeededRandom,
  nodes: readonly string[],
): Readonly<Record<string, ClockPlan>> {
  if (!chance(random, WRONG_CLOCKS_SHARE)) return {};
  const wrong = nodes.filter(() => chance(random, 0.6));
  return Object.fromEntries(
    wrong.map((node) => [
      node,
      {
        skewMs: wholeBetween(random, -CLOCK_SKEW_MS_MAX, CLOCK_SKEW_MS_MAX),
        driftPpm: wholeBetween(random, -CLOCK_DRIFT_PPM_MAX, CLOCK_DRIFT_PPM_MAX),
      },
    ]),
  );
}

/** A request crosses the network up to six times and the disk once: with less time nothing would ever succeed. */
function drawSettings(random: SeededRandom, stepMs: number): WorldPlan["settings"] {
  const neededMs = Math.min(REQUEST_TIMEOUT_MS_MAX, Math.ceil(8 * stepMs));
  const drawnMs = magnitudeBetween(random, 100, 2_000);
  const drawn = {
    requestTimeoutMs: Math.max(neededMs, drawnMs),
    hedgeMs: magnitudeBetween(random, 5, 300),
    hintScanMs: magnitudeBetween(random, 50, 3_000),
    retryDownMs: magnitudeBetween(random, 50, 2_000),
  };
  const entries = Object.entries(drawn).filter(([name]) => {
    const isDrawn = chance(random, SETTING_SHARE);
    return isDrawn || (name === "requestTimeoutMs" && neededMs > drawnMs);
  });
  return { ...Object.fromEntries(entries), ...drawTrees(random.fork("trees")) };
}

/** Often enough to meet everything else that goes on; in half of the seeds off, so that nothing mends what others neglect. */
function drawTrees(random: SeededRandom): WorldPlan["settings"] {
  if (chance(random, NO_ANTI_ENTROPY_SHARE)) return { antiEntropyMs: 0 };
  const antiEntropyMs = magnitudeBetween(random, 100, 5_000);
  const isVerified = chance(random, VERIFIED_TREES_SHARE);
  return {
    antiEntropyMs,
    ...(isVerified ? { verifyTreesMs: magnitudeBetween(random, 100, 3_000) } : {}),
  };
}

/** A run has a few dozen keys: limits that it meets are small, and a pace that it notices is slow. */
function drawHintSettings(random: SeededRandom): WorldPlan["settings"] {
  const hintsMax = magnitudeBetween(random, 1, 16);
  const hintBytesMax = magnitudeBetween(random, 200, 3_000);
  const hintDeliveryBytesPerSecond = magnitudeBetween(random, 65_536, 4_194_304);
  return {
    ...(chance(random, HINT_LIMIT_SHARE) ? { hintsMax } : {}),
    ...(chance(random, HINT_LIMIT_SHARE) ? { hintBytesMax } : {}),
    ...(chance(random, HINT_PACE_SHARE) ? { hintDeliveryBytesPerSecond } : {}),
  };
}
