import { expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { Outcome } from "../rpc/contract.ts";
import type { Detector } from "./failure-detector.ts";
import { ObservedCalls } from "./observed-calls.ts";

const PEER = nodeId("peer");

/** What the detector is told of a call that ends so, after the caller was told. */
function heardOf(outcome: Outcome): readonly unknown[] {
  const heard: unknown[] = [];
  const detector: Detector = {
    isUp: () => true,
    suspected: () => [],
    answered: (_peer, toPing) => heard.push(["answered", toPing]),
    missed: () => heard.push("missed"),
    overdue: (_peer, waitedMs) => heard.push(["overdue", waitedMs]),
    leaves: () => heard.push("leaves"),
  };
  const inner = {
    call: (_peer: unknown, _request: unknown, _timeoutMs: number, done: (o: Outcome) => void) => {
      done(outcome);
      return { cancel: () => {} };
    },
  };
  let told: Outcome | undefined;
  new ObservedCalls(inner, detector).call(PEER, { type: "ping" }, 70, (ended) => {
    told = ended;
  });
  expect(told).toBe(outcome);
  return heard;
}

test("D-4.8.3-1 every call is a probe, but for what this node itself did not send", () => {
  const reason = "why";
  expect(heardOf({ kind: "reply", reply: { type: "put-reply" } })).toEqual([["answered", false]]);
  expect(heardOf({ kind: "reply", reply: { type: "ping-reply" } })).toEqual([["answered", true]]);
  expect(heardOf({ kind: "lost", reason })).toEqual(["missed"]);
  expect(heardOf({ kind: "not-sent", reason })).toEqual(["missed"]);
  expect(heardOf({ kind: "not-sent", reason, isOurFault: true })).toEqual([]);
  expect(heardOf({ kind: "timeout" })).toEqual([["overdue", 70]]);
});
