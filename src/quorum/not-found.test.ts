/*
 * Aim: where "not found" is ignored, a read is met, missed or still waiting exactly when the rule says so (K-22). Method: random
 * answers and failures of the nodes asked, in any order, against a slow restatement of the rule over all that happened.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { dvvset } from "../causality/dvvset.ts";
import type { NotFound } from "./get-core.ts";
import { GetCore } from "./get-core.ts";
import { Placement } from "./placement.ts";

const A = nodeId("A");
const B = nodeId("B");
const C = nodeId("C");
const D = nodeId("D");
const E = nodeId("E");
const LIST = [A, B, C, D, E];
const VALUE = dvvset.encode(
  dvvset.update(dvvset.empty, new Map(), Buffer.from("x"), {
    actor: actorOf({ nodeId: A, incarnation: "AAAAAAAAAAA", epoch: 0 }),
    wallMs: 0,
  }),
);

function coreOf(r: number, notFound: NotFound, down: readonly NodeId[] = []) {
  const isUp = (node: NodeId): boolean => !down.includes(node);
  const placement = new Placement({ preferenceList: LIST, n: 3, sloppy: true, isUp });
  return { placement, get: new GetCore(placement, dvvset, { r, notFound }) };
}

describe("GetCore that ignores not found", () => {
  test("K-22 finds the value that two fresh answers would hide", () => {
    const counting = coreOf(2, "count").get;
    const ignoring = coreOf(2, "ignore").get;
    for (const get of [counting, ignoring]) {
      get.reply(A, undefined);
      get.reply(B, undefined);
    }
    expect([counting.state, ignoring.state]).toEqual(["met", "waiting"]);
    ignoring.reply(C, VALUE);
    expect(ignoring.state).toBe("met");
    expect(ignoring.found().record).toEqual(VALUE);
  });

  test("says absent on the word of all primaries, and asks nobody in their place", () => {
    const { get } = coreOf(1, "ignore");
    for (const node of [A, B]) expect(get.reply(node, undefined)).toBeUndefined();
    expect(get.state).toBe("waiting");
    expect(get.silent()).toEqual([C]);
    get.reply(C, undefined);
    expect(get.state).toBe("met");
    expect(get.answeredCount).toBe(3);
    expect(get.found().record).toBeUndefined();
    expect(get.hedge()).toEqual([]);
  });

  test("K-22 passes over a fallback that holds nothing, and fails rather than believe it", () => {
    const { get } = coreOf(1, "ignore", [A]);
    expect(get.reply(D, undefined)).toEqual({ node: E, hintFor: A });
    get.reply(B, undefined);
    get.reply(C, undefined);
    expect(get.state).toBe("waiting");
    expect(get.reply(E, undefined)).toBeUndefined();
    expect(get.state).toBe("missed");
  });

  test("counts the hint of a fallback as a value", () => {
    const { get } = coreOf(1, "ignore", [A]);
    get.reply(D, VALUE);
    expect(get.state).toBe("met");
  });

  test("is met, missed or waiting as the rule says, whatever happens in whatever order", () => {
    const event = fc.record({
      at: fc.nat({ max: 9 }),
      what: fc.constantFrom("value", "nothing", "failure"),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.subarray([...LIST]),
        fc.array(event, { maxLength: 12 }),
        (r, down, events) => {
          const { get, placement } = coreOf(r, "ignore", down);
          const said = new Map<NodeId, string>();
          let decided: string | undefined;
          for (const { at, what } of events) {
            const open = placement.slots
              .flatMap(({ asked }) => asked)
              .filter((node) => !said.has(node));
            const node = open[at % Math.max(1, open.length)];
            if (node === undefined) break;
            said.set(node, what);
            if (what === "failure") get.fail(node);
            else get.reply(node, what === "value" ? VALUE : undefined);
            decided ??= ruling(placement, said, r);
            expect(get.state).toBe(decided ?? "waiting");
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** The rule over all that was said; undefined where it is still open. */
function ruling(
  { slots }: Placement,
  said: ReadonlyMap<NodeId, string>,
  r: number,
): "met" | "missed" | undefined {
  const valued = slots.filter(({ asked }) => asked.some((node) => said.get(node) === "value"));
  if (valued.length >= r) return "met";
  const others = slots.filter((slot) => !valued.includes(slot));
  const denied = others.filter(({ primary }) => said.get(primary) === "nothing");
  if (denied.length === others.length) return "met";
  const hopeful = others.filter(({ asked }) => asked.some((node) => !said.has(node)));
  if (valued.length + hopeful.length >= r) return undefined;
  const undecided = others.filter((slot) => !denied.includes(slot));
  return undecided.every((slot) => hopeful.includes(slot)) ? undefined : "missed";
}
