import { describe, expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import { nodeId } from "../base/ids.ts";
import { dvvset } from "../causality/dvvset.ts";
import type { NotFound } from "./get-core.ts";
import { GetCore } from "./get-core.ts";
import { Placement } from "./placement.ts";

const A = nodeId("A");
const B = nodeId("B");
const C = nodeId("C");
const D = nodeId("D");
const LIST = [A, B, C, D];

function record(node: string, ...payloads: string[]): Uint8Array {
  const actor = actorOf({ nodeId: nodeId(node), incarnation: "AAAAAAAAAAA", epoch: 0 });
  let siblings = dvvset.empty;
  for (const payload of payloads) {
    siblings = dvvset.update(siblings, new Map(), Buffer.from(payload), { actor, wallMs: 0 });
  }
  return dvvset.encode(siblings);
}

function core(r: number, sloppy = true, notFound: NotFound = "count"): GetCore {
  const placement = new Placement({ preferenceList: LIST, n: 3, sloppy, isUp: () => true });
  return new GetCore(placement, dvvset, { r, notFound });
}

function payloads(get: GetCore): string[] {
  return get
    .found()
    .siblings.payloads.map((payload) => Buffer.from(payload).toString())
    .sort();
}

describe("GetCore", () => {
  test("D-4.5-6 is met by R answers, and not found is one", () => {
    const get = core(2);
    get.reply(A, undefined);
    expect(get.state).toBe("waiting");
    get.reply(B, undefined);
    expect(get.state).toBe("met");
    expect(get.found().record).toBeUndefined();
    expect(get.repairs(get.found())).toEqual([]);
  });

  test("does not count one node twice", () => {
    const get = core(2);
    get.reply(A, undefined);
    get.reply(A, undefined);
    expect(get.state).toBe("waiting");
  });

  test("D-4.5-6 returns every concurrent version, and repairs those who lack one, not found included", () => {
    const get = core(2);
    get.reply(A, record("A", "x"));
    get.reply(B, record("B", "y"));
    get.reply(C, undefined);
    expect(payloads(get)).toEqual(["x", "y"]);
    const found = get.found();
    expect(get.repairs(found).map((repair) => repair.node)).toEqual([A, B, C]);
    expect(get.repairs(found)[2]?.record).toEqual(found.record);
  });

  test("repairs nobody whose bytes are what was found", () => {
    const get = core(3);
    get.reply(A, record("A", "x", "y"));
    get.reply(B, record("A", "x"));
    get.reply(C, record("A", "x", "y"));
    expect(payloads(get)).toEqual(["x", "y"]);
    expect(get.repairs(get.found()).map((repair) => repair.node)).toEqual([B]);
  });

  test("counts no damaged copy as an answer, and repairs it, also where R is missed", () => {
    const get = core(3, false);
    get.damaged(A);
    get.fail(A);
    get.reply(B, undefined);
    get.reply(C, record("C", "x"));
    expect(get.state).toBe("missed");
    expect(get.isDamaged(A)).toBe(true);
    expect(get.repairs(get.found()).map((repair) => repair.node)).toEqual([A, B]);
  });

  test("D-4.6-5 counts the answer of a fallback for its slot, and never repairs a fallback", () => {
    const get = core(2);
    expect(get.fail(A)).toEqual({ node: D, hintFor: A });
    get.reply(D, record("A", "hinted"));
    get.reply(B, undefined);
    expect(get.state).toBe("met");
    expect(payloads(get)).toEqual(["hinted"]);
    expect(get.repairs(get.found()).map((repair) => repair.node)).toEqual([B]);
  });

  test("does not repair a replica that has not answered", () => {
    const get = core(1);
    get.reply(A, record("A", "x"));
    expect(get.exhausted).toBe(false);
    get.fail(B);
    get.fail(C);
    expect(get.repairs(get.found())).toEqual([]);
  });

  test("a late answer after the hedge joins the merge", () => {
    const get = core(2);
    get.reply(A, record("A", "x"));
    expect(get.silent()).toEqual([B, C]);
    expect(get.hedge()).toEqual([{ node: D, hintFor: B }]);
    get.reply(B, record("B", "late"));
    expect(get.state).toBe("met");
    expect(payloads(get)).toEqual(["late", "x"]);
  });

  test("D-5-5 is missed once R slots can no longer answer", () => {
    const get = core(2, false);
    expect(get.fail(A)).toBeUndefined();
    expect(get.state).toBe("waiting");
    get.fail(C);
    expect(get.state).toBe("missed");
  });
});
