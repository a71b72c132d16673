import { linkName } from "../../cluster/contract.ts";
import type { SimFault } from "../../drivers/sim/world-plan.ts";
import { wholeBetween } from "../chance.ts";
import { crash, linksBetween, storiesOf } from "./story.ts";

/** Rows on their way from owner to owner, while members come and go. */
export const MOVING_RANGES = storiesOf({
  /**
   * The disk of n4 is so slow to read that what the node was asked to store before it heard of a new owner is stored after that one has
   * compared what it has with it. Who asks is n2, which reaches nobody else. Quorums are strict, and exchanges come too seldom to bring anybody
   * what it missed.
   */
  "copies-late-for-a-new-owner": () => ({
    operations: 300,
    coldKeys: 700,
    run: { nodes: 4, quorum: "strict", rate: 50, seconds: 6, carts: 20 },
    world: {
      spares: 2,
      settings: { gossipMs: 60, antiEntropyMs: 20_000, requestTimeoutMs: 3_000 },
    },
    faults: [
      cutOff("n2", ["n1", "n3", "n5", "n6"], { startMs: 0, endMs: 6_000 }),
      ...[1_000, 4_000].flatMap((startMs, at): SimFault[] => [
        slowReads("n4", { startMs: startMs - 800, endMs: startMs + 800, readMs: 800 }),
        { kind: "join", startMs, node: `n${5 + at}` },
      ]),
    ],
  }),
  /**
   * An owner sleeps while others take over from n4, and all that it is asked meanwhile it does by the ring of before, as soon as it wakes up.
   * It does not reach n3, so that n4 would have to help. Quorums are strict.
   */
  "owner-that-slept-over-a-change": () => ({
    operations: 400,
    coldKeys: 400,
    run: { nodes: 4, quorum: "strict", rate: 80, seconds: 5, carts: 20, clients: 20 },
    world: {
      spares: 1,
      // Or it would hear of the change before it has its own copies.
      network: { minMs: 1, meanMs: 2 },
      diskWrite: { minMs: 0.1, meanMs: 0.2 },
      settings: { gossipMs: 100, antiEntropyMs: 3_000 },
    },
    faults: [
      { kind: "pause", startMs: 1_000, endMs: 3_600, node: "n2" },
      { kind: "join", startMs: 1_050, node: "n5" },
      cutOff("n2", ["n3"], { startMs: 1_100, endMs: 4_500 }),
    ],
  }),
  /** A node sleeps while what it holds is deleted and while it leaves, longer than tombstones have to stay. */
  "deleted-while-a-node-that-leaves-sleeps": (random) => ({
    operations: 100,
    deletedKeys: wholeBetween(random, 80, 110),
    run: { nodes: 4, rate: 10, seconds: 40 },
    world: {
      settings: { gossipMs: 100, antiEntropyMs: 1_000, tombstoneGraceMs: 6_000 },
    },
    faults: [
      { kind: "pause", startMs: 4_000, endMs: 30_000, node: "n2" },
      { kind: "leave", startMs: 8_500, node: "n2" },
    ],
  }),
  /**
   * One owner was down when much was written, nobody had room for a hint, and it has not caught up when n4 loses ranges: of the others it reaches
   * but n4, and the new one.
   */
  "ranges-lost-before-an-owner-has-them": (random) => ({
    operations: 60,
    coldKeys: wholeBetween(random, 100, 200),
    run: { nodes: 4, rate: 10, seconds: 6 },
    world: {
      spares: 1,
      settings: { gossipMs: 100, antiEntropyMs: 4_000, hintsMax: 0 },
    },
    faults: [
      crash("n2", 100, 3_500),
      cutOff("n2", ["n1", "n3"], { startMs: 3_500, endMs: 12_000 }),
      { kind: "join", startMs: 3_600, node: "n5" },
    ],
  }),
  /**
   * A node that is slow to read makes writes that it was asked for before it lost their ranges while it hands these over, over links that are slow as well.
   */
  "writes-late-for-a-lost-range": () => ({
    operations: 60,
    coldKeys: 1_200,
    run: { nodes: 4, rate: 20, seconds: 4 },
    world: {
      spares: 1,
      links: slowLinks("n4", ["n1", "n2", "n3", "n5"]),
      settings: { gossipMs: 60, antiEntropyMs: 150, requestTimeoutMs: 5_000 },
    },
    faults: [
      slowReads("n4", { startMs: 1_700, endMs: 3_000, readMs: 2_600 }),
      slowReads("n4", { startMs: 2_100, endMs: 3_000, readMs: 1_000 }),
      { kind: "join", startMs: 2_200, node: "n5" },
      cutOff("n4", ["n5"], { startMs: 2_200, endMs: 3_200 }),
    ],
  }),
});

interface Time {
  readonly startMs: number;
  readonly endMs: number;
}

function slowReads(node: string, slow: Time & { readonly readMs: number }): SimFault {
  return { kind: "slow-disk", node, writeMs: 0, ...slow };
}

/** They are refused by the others, and the others by them. */
function cutOff(node: string, others: readonly string[], time: Time): SimFault {
  return { kind: "cut", method: "closed", ...time, links: linksBetween(node, others) };
}

function slowLinks(node: string, others: readonly string[]) {
  const delay = { minMs: 40, meanMs: 60 };
  return Object.fromEntries(linksBetween(node, others).map((link) => [linkName(link), delay]));
}
