/* Aim: C8 convicts a store that answers where it cannot, and one that refuses where it can, and nobody else. */
import { describe, expect, test } from "vitest";
import type { Link } from "../nemesis/fault.ts";
import { withHomeClients } from "../nemesis/grudges.ts";
import { checkExpectedAvailability, expectedOf } from "./expected-availability.ts";
import { faultBetween, HistoryBuilder, NODES } from "./testing/history-builder.ts";

const SIDES = [
  ["n1", "n2"],
  ["n3", "n4", "n5"],
];
/** Of nodes alone: clients that roam reach both sides. */
const NODES_CUT = faultBetween("1-halves", 3_000, 9_000, SIDES);
const CUT = { ...NODES_CUT, ...withHomeClients(NODES_CUT) };

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
const RIGHT = { n: 3, r: 3, w: 2, quorum: "sloppy", clientsRoam: false, cluster: "sim" } as const;
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

  test.each(["never-begun", "never-completed"])(
    "takes what was %s where all can be served for a refusal",
    (error) => {
      const evidence = loadWith((nowMs) => (nowMs > 11_000 ? "info" : "ok"), NODES_CUT);
      const pairs = evidence.pairs.map(({ invocation, completion }) => ({
        invocation,
        // What nobody was free to begin is told when all is over.
        completion: completion && {
          ...completion,
          ...(completion.type === "info" && { error }),
          ...(completion.type === "info" && error === "never-begun" && { timeNs: 60e9 }),
        },
      }));
      const roaming = { ...RIGHT, r: 2, clientsRoam: true };
      expect(checkExpectedAvailability({ ...evidence, pairs }, roaming)).toMatchObject({
        verdict: "invalid",
        reasons: expect.arrayContaining([expect.stringContaining("in phase healthy (9.0 s)")]),
      });
    },
  );

  test("counts a bridge among those that answer, and nobody that does not hear or is not heard", () => {
    const beside = (links: (typeof CUT)["links"], answer: typeof asItShould = () => "ok") =>
      checkExpectedAvailability(
        loadWith(answer, { ...CUT, ...withHomeClients({ links, sides: SIDES }) }),
        RIGHT,
      ).verdict;
    expect(beside(NODES_CUT.links)).toBe("invalid");
    const bridged = NODES_CUT.links.filter(({ from, to }) => from !== "n5" && to !== "n5");
    expect(beside(bridged)).toBe("valid");
    // With the bridge there are three, and R=3 can be had.
    expect(beside(bridged, asItShould)).toBe("invalid");
    for (const isDeaf of [true, false]) {
      const oneWay = NODES_CUT.links.filter(({ from }) => isMinority(from) === isDeaf);
      expect(beside(oneWay)).toBe("invalid");
      expect(beside(oneWay, asItShould)).toBe("valid");
    }
  });

  test("knows what silent nodes cost: nothing while enough are left, and all where they are not", () => {
    const silent =
      (nodes: readonly string[], answer: (nowMs: number, node: string) => Answer) =>
      (needed: typeof RIGHT | typeof ALWAYS) =>
        checkExpectedAvailability(
          loadWith(answer, { ...CUT, kind: "crash", links: [], sides: [NODES], nodes }),
          needed,
        ).verdict;
    const served = silent(["n1"], () => "ok");
    const refused = silent(["n1", "n2"], (nowMs) => (isCut(nowMs) ? "fail" : "ok"));
    expect([served(RIGHT), refused(RIGHT)]).toEqual(["valid", "invalid"]);
    // Of whoever comes from a dead home nothing is said.
    expect(
      silent(["n1"], (nowMs, node) => (isCut(nowMs) && node === "n1" ? "fail" : "ok"))(ALWAYS),
    ).toBe("valid");
    const tooFew = silent(["n1", "n2", "n3"], (nowMs) => (isCut(nowMs) ? "fail" : "ok"));
    expect(tooFew(RIGHT)).toBe("valid");
    expect(silent(["n1", "n2", "n3"], () => "ok")(RIGHT)).toBe("invalid");
  });

  test("lets requests do without a slow node, and says nothing where it may coordinate writes that need others", () => {
    const others = NODES.filter((node) => node !== "n3");
    const links = others.flatMap((node) => [
      { from: node, to: "n3" },
      { from: "n3", to: node },
    ]);
    const slow = { ...CUT, kind: "slow", links, sides: [NODES] };
    const verdictOf = (refused: "add" | "view", w: number) => {
      const answer = (nowMs: number, node: string, f: "add" | "view"): Answer =>
        isCut(nowMs) && f === refused && node !== "n3" ? "fail" : "ok";
      return checkExpectedAvailability(loadWith(answer, slow), { ...RIGHT, w }).verdict;
    };
    expect([verdictOf("view", 1), verdictOf("add", 1)]).toEqual(["invalid", "invalid"]);
    expect([verdictOf("view", 2), verdictOf("add", 2)]).toEqual(["valid", "valid"]);
  });

  test("says nothing of reads where writes are refused: who was refused leaves its node alone", () => {
    const readsOnly = { ...RIGHT, r: 1, w: 3 };
    expect(checkExpectedAvailability(loadWith(asItShould), readsOnly).verdict).toBe("valid");
    expect(
      checkExpectedAvailability(
        loadWith(() => "ok"),
        readsOnly,
      ).verdict,
    ).toBe("invalid");
  });

  test("says nothing of kinds that it does not know, nor of clients without a home", () => {
    const unknown = { ...CUT, kind: "restart" };
    for (const answer of ["ok", "fail"] as const) {
      const evidence = loadWith((nowMs) => (isCut(nowMs) ? answer : "ok"), unknown);
      expect(checkExpectedAvailability(evidence, ALWAYS).verdict).toBe("valid");
    }
    const roaming = { ...RIGHT, r: 2, clientsRoam: true };
    expect(
      checkExpectedAvailability(loadWith(asItShould, NODES_CUT), { ...roaming, r: 3 }).verdict,
    ).toBe("valid");
    expect(
      checkExpectedAvailability(loadWith(asItShould, NODES_CUT), { ...roaming, r: 2 }).verdict,
    ).toBe("invalid");
  });

  test("D-4.5-1 of clients that go to the key's nodes expects no more than every node that they reach can do", () => {
    const asksOwners = { ...RIGHT, r: 2, clientRouting: "owners" } as const;
    const judge = (links: readonly Link[], answer: typeof asItShould) =>
      checkExpectedAvailability(loadWith(answer, { ...CUT, links }), asksOwners).verdict;
    const refused = (nowMs: number) => (isCut(nowMs) ? "fail" : "ok");
    const served = () => "ok" as const;
    // n1 hears nobody; clients of n3 are on its side as far as they know, and may ask it first.
    const around = NODES.filter((node) => node !== "n1");
    const alone = around.flatMap((node) => [
      { from: "n1", to: node },
      { from: node, to: "n1" },
    ]);
    expect(judge(alone, refused)).toBe("valid");
    expect(judge(alone, served)).toBe("valid");
    // Cut off from n1, too, they ask the others.
    const apart = withHomeClients({ links: alone, sides: [["n1"], around] }).links;
    expect(judge(apart, served)).toBe("invalid");
    expect(judge(apart, refused)).toBe("invalid");
    const right = (nowMs: number, node: string) => (isCut(nowMs) && node === "n1" ? "fail" : "ok");
    expect(judge(apart, right)).toBe("valid");
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
        /^1 of \d+ succeeded where too few .*: view by clients of n1, n2 in phase 1-halves/,
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
    const needless = "Only x succeeded where enough nodes can be reached:";
    const all = "by clients of n1, n2, n3, n4, n5 in phase 1-halves (3.0 s).";
    expect(cut.reasons.map((reason) => reason.replace(/\d+ of \d+/, "x"))).toEqual([
      `${needless} add ${all}`,
      `${needless} view ${all}`,
    ]);
    const healthy = loadWith((nowMs, _node, f) => (nowMs > 11_000 && f === "add" ? "info" : "ok"));
    expect(checkExpectedAvailability(healthy, ALWAYS).verdict).toBe("invalid");
    const real = { ...ALWAYS, cluster: "processes" };
    expect(checkExpectedAvailability(healthy, real).verdict).toBe("unknown");
  });

  describe("of 50 carts, one of which is refused", () => {
    /** A write and a view of the cart every 800 ms for 24 s, one of each of the 50 every 16 ms, without faults. */
    function loadOf50(isRefused: (cart: string, f: "add" | "view", nowMs: number) => boolean) {
      const builder = new HistoryBuilder();
      for (let number = 0; number < 1_500; number += 1) {
        const nowMs = 16 * number;
        const cart = `cart-${number % 50}`;
        builder.nowNs = nowMs * 1e6;
        for (const f of ["add", "view"] as const) {
          const invocation = builder.invoke(number, f, cart, f === "add" ? `i${number}` : null);
          const type = isRefused(cart, f, nowMs) ? "fail" : "ok";
          builder.complete(invocation, type, f === "view" ? { value: [] } : {});
        }
      }
      return builder.gathered([]).evidence;
    }
    const reason = (rest: string) =>
      `1 key(s) were not served once where enough nodes can be reached; the first is cart-7: 0 of ${rest}.`;

    test.each([
      ["everything", (f: string) => f !== "", "56 operations in all phases together"],
      ["writes", (f: string) => f === "add", "28 adds and removes in all phases together"],
      ["views", (f: string) => f === "view", "28 views in all phases together"],
    ])("convicts the store of refusing %s of it for ever", (_, isMeant, rest) => {
      const evidence = loadOf50((cart, f) => cart === "cart-7" && isMeant(f));
      expect(checkExpectedAvailability(evidence, ALWAYS)).toEqual({
        verdict: "invalid",
        reasons: [reason(rest)],
      });
      expect(checkExpectedAvailability(evidence, { ...ALWAYS, cluster: "docker" })).toEqual({
        verdict: "unknown",
        reasons: [reason(rest)],
      });
    });

    test("convicts it of refusing it throughout one phase", () => {
      const evidence = loadOf50((cart, _, nowMs) => cart === "cart-7" && nowMs > 12_000);
      const phases = [0, 12].map((second) => ({
        ...evidence.phases.phases[0],
        startNs: second * 1e9,
        endNs: (second + 12) * 1e9,
      }));
      const find = (startNs: number, endNs: number) =>
        phases.findIndex((phase) => phase.startNs <= startNs && endNs <= phase.endNs);
      const halves = { ...evidence, phases: { phases, find } } as typeof evidence;
      expect(checkExpectedAvailability(halves, ALWAYS)).toEqual({
        verdict: "invalid",
        reasons: [reason("26 operations in phase healthy (12.0 s)")],
      });
    });

    test("says nothing of one that was served once, nor of one of which less was asked", () => {
      const once = loadOf50((cart, _, nowMs) => cart === "cart-7" && nowMs < 23_000);
      expect(checkExpectedAvailability(once, ALWAYS).verdict).toBe("valid");
      const few = loadOf50(() => false);
      const pairs = few.pairs.map(({ invocation, completion }, number) => ({
        invocation: { ...invocation, key: number % 150 === 0 ? "cart-rare" : invocation.key },
        completion:
          number % 150 === 0 && completion !== undefined
            ? { ...completion, type: "fail" as const, error: "by-test" }
            : completion,
      }));
      expect(checkExpectedAvailability({ ...few, pairs }, ALWAYS).verdict).toBe("valid");
    });

    test("says nothing of one that was only asked when no process was free", () => {
      const evidence = loadOf50(() => false);
      const pairs = evidence.pairs.map(({ invocation, completion }) => ({
        invocation,
        completion:
          invocation.key === "cart-7" && completion !== undefined
            ? { ...completion, type: "fail" as const, error: "never-begun", timeNs: 60e9 }
            : completion,
      }));
      expect(checkExpectedAvailability({ ...evidence, pairs }, ALWAYS).verdict).toBe("valid");
    });
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
  [{ most: 1, least: 1, needed: 2 }, "sloppy", "refused"],
  [{ most: 2, least: 2, needed: 2 }, "sloppy", "served"],
  [{ most: 2, least: 1, needed: 2 }, "sloppy", "open"],
  [{ most: 1, least: 1, needed: 2 }, "strict", "refused"],
  [{ most: 2, least: 2, needed: 2 }, "strict", "open"],
  [{ most: 4, least: 4, needed: 2 }, "strict", "served"],
  [{ most: 5, least: 3, needed: 2 }, "strict", "open"],
  [{ most: 4, least: 4, needed: 3 }, "strict", "open"],
] as const)(
  "expectedOf() %o with a %s quorum of N=3 on five nodes says %s",
  (reached, quorum, expected) => {
    expect(expectedOf(reached, { nodes: 5, n: 3, quorum })).toBe(expected);
  },
);
