/* A node that is silent for a moment, or for good, must not pass for one without anti-entropy. */
import { describe, expect, test } from "vitest";
import { HistoryBuilder } from "../checker/testing/history-builder.ts";
import { checkTreeRoots } from "../checker/tree-roots.ts";
import type { NodeTrees } from "../cluster/contract.ts";
import { FakeCluster, fastClock } from "../nemesis/testing/fake-cluster.ts";
import { waitForTrees } from "./wait-for-trees.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const EQUAL = { isBuilt: true, roots: { 7: "aa" } };

interface Told {
  /** 0: the nodes say that they have none; undefined: they are silent about it. */
  readonly everyMs?: number;
  /** Status calls to n2 that fail. */
  readonly failures?: number;
  readonly trees?: (node: string) => NodeTrees;
}

class TreeCluster extends FakeCluster {
  readonly #told: Told;
  #failuresLeft: number;

  constructor(told: Told) {
    super({ nodes: NODES });
    this.#told = told;
    this.#failuresLeft = told.failures ?? 0;
  }

  override async status(node: string) {
    if (node === "n2" && this.#failuresLeft > 0) {
      this.#failuresLeft -= 1;
      throw new Error("no answer within 1000 ms");
    }
    const { everyMs } = this.#told;
    const status = await super.status(node);
    return everyMs === undefined
      ? status
      : { ...status, antiEntropy: { everyMs, isSynchronised: true } };
  }

  override async trees(node = "") {
    return this.#told.trees?.(node) ?? EQUAL;
  }
}

function waited(told: Told, signal = new AbortController().signal) {
  return waitForTrees({ cluster: new TreeCluster(told), clock: fastClock(), signal }, NODES.length);
}

/** What the checker makes of what was told, in a run that knows that its nodes have anti-entropy. */
async function judged(told: Told, signal?: AbortSignal) {
  const builder = new HistoryBuilder().marker("healed").marker("quiesced");
  for (const { node, roots, ...rest } of await waited(told, signal)) {
    builder.treeRoots(node, roots, rest);
  }
  const { evidence } = builder.gathered();
  return checkTreeRoots(evidence, { n: NODES.length, versioning: "dvvset", antiEntropy: true });
}

describe("waitForTrees()", () => {
  test("tells every node's roots once they are equal", async () => {
    expect(await waited({ everyMs: 1 })).toEqual(NODES.map((node) => ({ node, ...EQUAL })));
  });

  test("asks again where a status call fails, so that replicas that differ are still seen", async () => {
    const trees = (node: string) => ({ isBuilt: true, roots: { 7: node } });
    expect((await judged({ everyMs: 1, trees })).verdict).toBe("invalid");
    expect((await judged({ everyMs: 1, trees, failures: 1 })).verdict).toBe("invalid");
    expect((await judged({ everyMs: 1, failures: 3 })).verdict).toBe("valid");
  });

  test("notes the error of a node that stays silent, which leaves the run unknown", async () => {
    const failures = Number.POSITIVE_INFINITY;
    expect(await waited({ everyMs: 1, failures })).toEqual([
      { node: "n2", isBuilt: false, roots: {}, error: "no answer within 1000 ms" },
    ]);
    const { verdict, reasons } = await judged({ everyMs: 1, failures });
    expect(verdict).toBe("unknown");
    expect(reasons.join()).toContain("n2");
    const interrupted = await judged({ everyMs: 1, failures }, AbortSignal.abort());
    expect(interrupted.verdict).toBe("unknown");
  });

  test.each([0, undefined])(
    "tells nothing where nodes answer with %s that they have none",
    async (everyMs) => {
      const told = everyMs === undefined ? {} : { everyMs };
      expect(await waited(told)).toEqual([]);
      expect((await judged(told)).verdict).toBe("unknown");
    },
  );
});
