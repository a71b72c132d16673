import type { NodeConfiguration } from "../../src/node/configuration.ts";
import { RPC_LIMITS } from "../../src/rpc/rpc-limits.ts";
import type { HintBounds } from "../drivers/sim/oracle/hint-watch.ts";
import type { TimeBounds } from "../drivers/sim/oracle/time-bounds.ts";
import { timerSlackMs } from "../drivers/sim/oracle/time-bounds.ts";
import type { DelayPlan } from "../drivers/sim/world-plan.ts";
import { mayShed } from "./draw-stages.ts";
import type { SimPlan } from "./sim-plan.ts";

/** Ways over the network: a connection is dialled, hellos are exchanged, then comes the request and its answer. */
const WAYS = 6;
/** Rows looked up one after another for one answer, or before a write has its turn: hints beside the row, other writes. */
const READS = 10;
/** Commits that an answer waits for: the one under way and its own, and before that those of a delivered hint that goes. */
const COMMITS = 4;
/** Times that durable rows are gathered for one answer, below a write buffer: those of a delivered hint and of its removal, and then its own. */
const GATHERS = 3;

/** Of hints, what may go at once, as time. */
const HINT_BURST_MS = 100;

/**
 * How long things take at most in the world of a plan. A sum of `count` delays drawn at random is longer than `longestMs` says
 * less than once in 10^8 times.
 */
export function timeBounds(
  { run, world, faults }: Pick<SimPlan, "run" | "world" | "faults">,
  { hedgeMs, retryDownMs, requestTimeoutMs, durableGatherMs, writeCoordinator }: NodeConfiguration,
): TimeBounds {
  const { network, links, diskRead, diskWrite } = world;
  // What waits for its turn in a full stage, or is refused there, may take any time.
  const stagesMs = mayShed(world) ? Number.POSITIVE_INFINITY : 0;
  const answerMs =
    longestMs(WAYS, [network, ...Object.values(links)]) + longestMs(READS, [diskRead]);
  const readAnswerMs = stagesMs + answerMs;
  const gatherMs = run.writeBufferObjects === undefined ? 0 : GATHERS * durableGatherMs;
  let ownDiskMs = gatherMs + longestMs(READS, [diskRead]) + longestMs(COMMITS, [diskWrite]);
  for (const fault of faults) {
    if (fault.kind === "slow-disk") ownDiskMs += READS * fault.readMs + COMMITS * fault.writeMs;
  }
  const { helloTimeoutMs, backoffMaxMs, silentRedialMs } = RPC_LIMITS;
  // The first call that went unanswered has ended by then.
  const silenceMs = Math.max(silentRedialMs, requestTimeoutMs);
  return {
    ownDiskMs,
    hedgeMs,
    readAnswerMs,
    writeAnswerMs: gatherMs + readAnswerMs + longestMs(COMMITS, [diskWrite]),
    mintedLateMs: helloTimeoutMs,
    ownersCoordinate: writeCoordinator === "any-owner",
    // What was under way over a link fails, its dial and the wait after that, and whoever counts as down is pinged, twice
    // where once is lost.
    settleMs: helloTimeoutMs + 2 * backoffMaxMs + requestTimeoutMs + 2 * retryDownMs + answerMs,
    silenceMs: silenceMs + timerSlackMs(silenceMs),
  };
}

/** What the nodes of a plan may do with hints. */
export function hintBounds(
  { world, faults }: Pick<SimPlan, "world" | "faults">,
  configuration: NodeConfiguration,
): HintBounds {
  const { members, hintsMax, hintBytesMax, hintDeliveryBytesPerSecond } = configuration;
  const removalMs = longestMs(READS, [world.diskRead]) + longestMs(COMMITS, [world.diskWrite]);
  const sentToGoneMs = configuration.requestTimeoutMs + removalMs + slowedMs(faults);
  return {
    hintsMax,
    hintBytesMax,
    bytesPerSecond: hintDeliveryBytesPerSecond,
    members: members.length,
    toleranceMs: HINT_BURST_MS + sentToGoneMs + timerSlackMs(sentToGoneMs),
  };
}

/** What a slow disk takes at most for one answer, beside what it always takes. */
export function slowedMs(faults: SimPlan["faults"]): number {
  return Math.max(
    0,
    ...faults.map((fault) =>
      fault.kind === "slow-disk" ? READS * fault.readMs + COMMITS * fault.writeMs : 0,
    ),
  );
}

function longestMs(count: number, delays: readonly DelayPlan[]): number {
  const minMs = Math.max(...delays.map((delay) => delay.minMs));
  const aboveMs = Math.max(...delays.map((delay) => delay.meanMs - delay.minMs));
  return count * minMs + (30 + count) * aboveMs;
}
