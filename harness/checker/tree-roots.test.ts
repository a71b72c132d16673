/* Silent on equal roots, and awake for each way in which replicas can differ. */
import { describe, expect, test } from "vitest";
import type { Plan } from "../run/plan.ts";
import { HistoryBuilder, NODES } from "./testing/history-builder.ts";
import type { NodeRoots } from "./tree-roots.ts";
import { checkTreeRoots, differingPartitions } from "./tree-roots.ts";

type Roots = Readonly<Record<string, string>>;

const EQUAL: readonly Roots[] = [
  { 0: "aa", 2: "cc" },
  { 0: "aa", 2: "cc" },
  { 0: "aa", 11: "bb" },
  { 2: "cc", 11: "bb" },
  { 11: "bb" },
];

function changed(node: number, roots: Roots): readonly Roots[] {
  return EQUAL.map((each, at) => (at === node ? roots : each));
}

function judged(
  roots: readonly Roots[],
  { versioning = "dvvset", marker = "quiesced" as const, antiEntropy, ...told }: Told = {},
) {
  const builder = new HistoryBuilder().marker("healed").marker(marker);
  for (const [at, each] of roots.entries()) {
    builder.treeRoots(NODES[at] ?? "", each, at === 1 ? told : {});
  }
  return checkTreeRoots(builder.gathered().evidence, {
    n: 3,
    versioning,
    ...(antiEntropy && { antiEntropy }),
  });
}

interface Told {
  readonly versioning?: Plan["versioning"];
  readonly marker?: "quiesced" | "unsettled";
  readonly antiEntropy?: true;
  readonly isBuilt?: boolean;
  readonly error?: string;
}

describe("checkTreeRoots()", () => {
  test("is content with N equal roots of each partition", () => {
    expect(judged(EQUAL)).toEqual({ verdict: "valid", reasons: [], partitions: 3, differing: 0 });
  });

  test.each<[string, readonly Roots[]]>([
    ["a replica differs", changed(3, { 2: "cc", 11: "xx" })],
    ["a replica has nothing", changed(3, { 2: "cc" })],
    ["one node too many has keys", changed(3, { 0: "aa", 2: "cc", 11: "bb" })],
    ["every replica differs from every other", changed(0, { 0: "x", 2: "cc" })],
  ])("sees that %s", (_, roots) => {
    const { verdict, reasons, differing } = judged(roots);
    expect(verdict).toBe("invalid");
    expect(differing).toBe(1);
    expect(reasons.join()).toContain("of 3 partitions did not become equal");
  });

  test("decides nothing where a node told nothing or its trees were not built", () => {
    expect(judged(EQUAL, { isBuilt: false }).verdict).toBe("unknown");
    expect(judged(EQUAL, { error: "no answer" }).verdict).toBe("unknown");
    expect(judged(EQUAL.slice(0, 4)).verdict).toBe("unknown");
    expect(judged(changed(0, {}), { marker: "unsettled" }).verdict).toBe("unknown");
  });

  test("judges no versioning in which replicas may keep different values under one clock", () => {
    expect(judged(changed(0, {}), { versioning: "vector-clock" }).verdict).toBe("valid");
    expect(judged(changed(0, {}), { versioning: "lww" }).verdict).toBe("invalid");
  });

  test("convicts trees that are all empty where keys are there", () => {
    const told = (value: readonly string[] | null) => {
      const builder = new HistoryBuilder().marker("healed").marker("quiesced");
      for (const node of NODES) builder.treeRoots(node, {}, {});
      return checkTreeRoots(builder.finalRead("cart", value).gathered().evidence, {
        n: 3,
        versioning: "dvvset",
        antiEntropy: true,
      });
    };
    expect(told(["item"])).toMatchObject({
      verdict: "invalid",
      reasons: ["The trees of all nodes are empty, and 1 key(s) are there, the first is cart."],
    });
    expect(told(null).verdict).toBe("valid");
  });

  test("decides nothing where a settled run has anti-entropy and tells of no tree", () => {
    const { verdict, reasons } = judged([], { antiEntropy: true });
    expect(verdict).toBe("unknown");
    expect(reasons).toEqual(["The nodes have anti-entropy, and nothing is told of their trees."]);
    expect(judged([], { antiEntropy: true, marker: "unsettled" }).verdict).toBe("valid");
    expect(judged([], { antiEntropy: true, versioning: "vector-clock" }).verdict).toBe("valid");
    expect(judged(EQUAL, { antiEntropy: true }).verdict).toBe("valid");
  });

  test("says that there was nothing to judge in a run without anti-entropy", () => {
    expect(judged([])).toEqual({ verdict: "valid", reasons: [], partitions: null, differing: 0 });
  });
});

describe("differingPartitions()", () => {
  test("names them in the order of their numbers", () => {
    const nodes: NodeRoots[] = [
      { node: "n1", isBuilt: true, roots: { 11: "a", 2: "b", 100: "c" } },
    ];
    expect(differingPartitions(nodes, 2)).toEqual(["2", "11", "100"]);
    expect(differingPartitions(nodes, 1)).toEqual([]);
  });
});

test("asks those that are members at the end, and a node that left no more", () => {
  for (const members of [NODES.slice(0, 4), undefined]) {
    const builder = new HistoryBuilder().marker("healed", undefined, members).marker("quiesced");
    for (const node of NODES.slice(0, 4))
      builder.treeRoots(node, node === NODES[3] ? {} : { 0: "aa" });
    const { verdict } = checkTreeRoots(builder.gathered().evidence, { n: 3, versioning: "dvvset" });
    expect(verdict).toBe(members === undefined ? "unknown" : "valid");
  }
});
