import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import { nodeNames } from "../../cluster/node-names.ts";
import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { wholeBetween } from "../chance.ts";
import { storiesOf } from "./story.ts";

/** Requests that come to a node which goes by another ring, so that both first tell each other of the change. */
export const MET_CHANGES = storiesOf({
  /**
   * Who is asked under the ring of before asks back, in vain since that disk is slow, and refuses when the time is up for both: by clocks of which
   * some are fast it comes a little too late, now and then, and is not late enough to go unread.
   */
  "refusals-when-the-time-is-up": (random) => ({
    operations: 900,
    run: { nodes: 5, rate: 120, seconds: 8, clients: 24, carts: 12 },
    world: {
      spares: 3,
      network: { minMs: 0.02, meanMs: 0.05 },
      clocks: Object.fromEntries(
        nodeNames(5).map((node, at) => [
          node,
          { skewMs: 0, driftPpm: (at % 2 === 0 ? 1 : -1) * wholeBetween(random, 300, 500) },
        ]),
      ),
      settings: { gossipMs: 300, antiEntropyMs: 1_000, requestTimeoutMs: 1_000 },
    },
    faults: joins(random, 5, [500, 3_000, 5_500]).flatMap((join) => [
      join,
      ...slowWrites(random, ["n2", "n4"], join.startMs, [1_100, 1_500]),
    ]),
  }),
  /**
   * Disks take longer to store the news of a change than a request may take: a node that waits for it, to serve what it is asked or to ask
   * again, is late.
   */
  "news-that-disks-store-slowly": (random) => ({
    operations: 480,
    coldKeys: wholeBetween(random, 20, 40),
    run: { nodes: 5, n: 2, quorum: "strict", rate: 60, seconds: 8, clients: 16, carts: 12 },
    world: {
      spares: 2,
      settings: {
        gossipMs: 300,
        antiEntropyMs: 1_000,
        requestTimeoutMs: 500,
        writeCoordinator: "first-owner",
      },
    },
    faults: joins(random, 5, [500, 4_500]).flatMap((join) => [
      join,
      ...slowWrites(random, ["n2", "n3", "n4"], join.startMs, [2_600, 3_200]),
    ]),
  }),
  /** Each key has one owner, which others forward writes to, over links that are not fast; one node after the other joins. */
  "forwards-to-former-owners": (random) => ({
    operations: 1_600,
    run: {
      ...{ nodes: 3, n: 1, r: 1, w: 1 },
      quorum: "strict",
      rate: 400,
      seconds: 4,
      carts: 60,
      clients: 24,
    },
    world: {
      spares: 5,
      network: { minMs: 25, meanMs: 30 },
      settings: { gossipMs: 80, antiEntropyMs: 200 },
    },
    faults: joins(random, 3, [300, 900, 1_500, 2_100, 2_700]),
  }),
});

type Join = Extract<SimFault, { readonly kind: "join" }>;

function joins(random: SeededRandom, founders: number, fromMs: readonly number[]): readonly Join[] {
  return fromMs.map((startMs, at) => ({
    kind: "join",
    startMs: startMs + wholeBetween(random, 0, 200),
    node: `n${founders + 1 + at}`,
  }));
}

/** From about the moment at which the news comes, in the order in which they begin. */
function slowWrites(
  random: SeededRandom,
  nodes: readonly string[],
  fromMs: number,
  [low, high]: readonly [number, number],
): readonly SimFault[] {
  const faults = nodes.map((node) => {
    const startMs = fromMs + wholeBetween(random, 0, 100);
    const writeMs = wholeBetween(random, low, high);
    return {
      kind: "slow-disk",
      startMs,
      endMs: startMs + 1_500,
      node,
      readMs: 0,
      writeMs,
    } as const;
  });
  return faults.sort((left, right) => left.startMs - right.startMs);
}
