/* Aim: C8 convicts a store that answers where it cannot, and one that refuses where it can, and nobody else. */
import { describe, expect, test } from "vitest";
import { checkExpectedAvailability, expectedOn } from "./expected-availability.ts";
import { faultBetween, HistoryBuilder, NODES } from "./testing/history-builder.ts";

const SIDES = [
  ["n1", "n2"],
  ["n3", "n4", "n5"],
];
const CUT = faultBetween("1-halves", 3_000, 9_000, SIDES);

type Answer = "ok" | "fail" | "info";

/** Every 20 ms an add and a view by clients of each node in turn, for 12 s. */
function loadWith(answer: (nowMs: number, node: string, f: "add" | "view") => Answer, fault = CUT) {
  const builder = new HistoryBuilder();
  for (let number = 0; number < 600; number += 1) {
    const nowMs = 20 * number;
    builder.nowNs = nowMs * 1e6;
    const node = NODES[number % NODES.length] ?? "";
    for (const [f, process] of [
      ["add", number * NODES.length],
      ["view", (1_000 + number) * NODES.length],
    ] as const) {
      const value = f === "add" ? `item ${number}` : null;
      const invocation = builder.invoke(process + (number % NODES.length), f, "cart", value);
      const type = answer(nowMs, node, f);
      builder.complete(invocation, type, f === "view" && type === "ok" ? { value: [] } : {});
    }
  }
  return builder.gathered([fault]).evidence;
}

const isCut = (nowMs: number): boolean => nowMs >= 3_000 && nowMs < 9_000;
const isMinority = (node: string): boolean => node === "n1" || node === "n2";
const RIGHT = { n: 3, r: 3, w: 2, quorum: "sloppy", cluster: "sim" } as const;
/** Any one node will do. */
const ALWAYS = { ...RIGHT, r: 1, w: 1 };

/** R=3 on a side of two: nothing succeeds there. */
const asItShould = (nowMs: number, node: string): Answer =>
  isCut(nowMs) && isMinority(node) ? "fail" : "ok";

describe("checkExpectedAvailability()", () => {
  test("is content with a store that serves exactly where it can", () => {
    expect(checkExpectedAvailability(loadWith(asItShould), RIGHT)).toEqual({
      verdict: "valid",
      reasons: [],
    });
  });

  test("says nothing of sides that others still reach: beside a bridge, and where only one way is cut", () => {
    const beside = (links: (typeof CUT)["links"]) =>
      checkExpectedAvailability(
        loadWith(() => "ok", { ...CUT, links }),
        RIGHT,
      ).verdict;
    expect(beside(CUT.links)).toBe("invalid");
    expect(beside(CUT.links.filter(({ from, to }) => from !== "n5" && to !== "n5"))).toBe("valid");
    expect(beside(CUT.links.filter(({ from }) => SIDES[0]?.includes(from)))).toBe("valid");
  });

  test("finds one acknowledgement of a side that is too small", () => {
    let isPlanted = false;
    const evidence = loadWith((nowMs, node, f) => {
      const isFirst = !isPlanted && nowMs > 6_000 && f === "view" && isMinority(node);
      isPlanted ||= isFirst;
      return isFirst ? "ok" : asItShould(nowMs, node);
    });
    const { verdict, reasons } = checkExpectedAvailability(evidence, RIGHT);
    expect(verdict).toBe("invalid");
    expect(reasons).toEqual([
      expect.stringMatching(
        /^1 of \d+ succeeded where too few .*: view on n1\+n2 in phase 1-halves/,
      ),
    ]);
  });

  test("finds a store that refuses writes where W=1 always can, in a cut and in health", () => {
    expect(
      checkExpectedAvailability(
        loadWith(() => "ok"),
        ALWAYS,
      ).verdict,
    ).toBe("valid");
    const cut = checkExpectedAvailability(loadWith(asItShould), ALWAYS);
    expect(cut.reasons.map((reason) => reason.replace(/\d+ of \d+/, "x"))).toEqual([
      expect.stringContaining("Only x succeeded where enough nodes can be reached: add on n1+n2"),
      expect.stringContaining("Only x succeeded where enough nodes can be reached: view on n1+n2"),
    ]);
    const healthy = loadWith((nowMs, _node, f) => (nowMs > 11_000 && f === "add" ? "info" : "ok"));
    expect(checkExpectedAvailability(healthy, ALWAYS).verdict).toBe("invalid");
    const real = { ...ALWAYS, cluster: "processes" };
    expect(checkExpectedAvailability(healthy, real).verdict).toBe("unknown");
  });

  test("knows nothing where nobody recorded the faults", () => {
    const evidence = { ...loadWith(asItShould), faultFile: undefined };
    expect(checkExpectedAvailability(evidence, ALWAYS).verdict).toBe("unknown");
  });

  test("gives the nodes time to find out who is away", () => {
    const evidence = loadWith((nowMs, node) =>
      isMinority(node) && nowMs >= 3_000 && nowMs < 4_000 ? "fail" : "ok",
    );
    expect(checkExpectedAvailability(evidence, ALWAYS).verdict).toBe("valid");
  });
});

test.each([
  [{ size: 1, nodes: 5, needed: 2 }, "sloppy", "refused"],
  [{ size: 2, nodes: 5, needed: 2 }, "sloppy", "served"],
  [{ size: 1, nodes: 5, needed: 2 }, "strict", "refused"],
  [{ size: 2, nodes: 5, needed: 2 }, "strict", "open"],
  [{ size: 4, nodes: 5, needed: 2 }, "strict", "served"],
  [{ size: 4, nodes: 5, needed: 3 }, "strict", "open"],
] as const)("expectedOn() %o with a %s quorum of N=3 says %s", (side, quorum, expected) => {
  expect(expectedOn(side, { n: 3, quorum })).toBe(expected);
});
