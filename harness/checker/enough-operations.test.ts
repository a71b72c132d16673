/* Aim: a run that asked too little is named, however short it or its phases were. Method: a steady load with holes in it. */

import { describe, expect, test } from "vitest";
import type { FaultRecord } from "../nemesis/fault.ts";
import type { PlannedLoad } from "./enough-operations.ts";
import { operationDoubts } from "./enough-operations.ts";
import { faultBetween, HistoryBuilder, NODES } from "./testing/history-builder.ts";

const SIDES = [
  ["n1", "n2"],
  ["n3", "n4", "n5"],
];
const FULL: PlannedLoad = { seconds: 10, rate: 200 };

/** An add and a view, one after the other, by the processes in turn, where `isAsked` says so. */
function load(everyMs: number, isAsked: (nowMs: number, node: number) => boolean = () => true) {
  const builder = new HistoryBuilder();
  let number = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += everyMs) {
    builder.nowNs = nowMs * 1e6;
    const process = number++ % NODES.length;
    if (!isAsked(nowMs, process)) continue;
    builder.add(process, "c", `i${number}`);
    builder.view(process, "c", []);
  }
  return builder;
}

function doubts(builder: HistoryBuilder, faults: readonly FaultRecord[], planned = FULL) {
  return operationDoubts(builder.gathered(faults).evidence, planned);
}

describe("operationDoubts()", () => {
  test("is content with 100 acknowledged adds and 50 views, and names what one fewer lacks", () => {
    const builder = new HistoryBuilder();
    for (let number = 1; number < 100; number++) builder.add(0, "c", `i${number}`);
    for (let number = 1; number < 50; number++) builder.view(0, "c", []);
    const short = { seconds: 1, rate: 500 };
    expect(doubts(builder, [], short)).toEqual([
      expect.stringMatching(/^Only 99 adds were acknowledged in the whole run, fewer than 100;/),
      expect.stringMatching(/^Only 49 views succeeded in the whole run, fewer than 50;/),
    ]);
    builder.add(0, "c", "i100", "info");
    builder.complete(builder.invoke(0, "view", "c"), "fail");
    expect(doubts(builder, [], short)).toHaveLength(2);
    builder.add(0, "c", "i101");
    builder.view(0, "c", []);
    expect(doubts(builder, [], short)).toEqual([]);
  });

  test("says of a run that was too small which one would be enough", () => {
    const small = doubts(load(1_000), [], { seconds: 10, rate: 2 });
    expect(small.filter((each) => each.includes("whole run"))).toEqual([
      "Only 10 adds were acknowledged in the whole run, fewer than 100; 200 s at this rate, or --rate 40, would be enough.",
      "Only 10 views succeeded in the whole run, fewer than 50; 100 s at this rate, or --rate 20, would be enough.",
    ]);
    expect(doubts(load(100), [], { seconds: 10, rate: 40 })).toEqual([]);
    const refused = load(25, (nowMs) => nowMs < 2_000);
    expect(doubts(refused, [])[0]).toMatch(
      /^Only 80 adds .* 25 s at this rate, or --rate 500, would/,
    );
    expect(doubts(new HistoryBuilder(), [], FULL)).toHaveLength(2);
  });

  test("names a kind of fault whose phases all were short and met too little", () => {
    const quiet = load(10, (nowMs) => nowMs < 3_000 || nowMs >= 4_100);
    expect(doubts(quiet, [faultBetween("1-halves", 3_000, 4_100)], FULL)).toEqual([
      "Only 0 writes succeeded under 1-halves (1.1 s), fewer than 20.",
      "Only 0 reads succeeded under 1-halves (1.1 s), fewer than 20.",
      "Only 0 operations were attempted on all sides under 1-halves (1.1 s), fewer than 20.",
    ]);
    expect(doubts(quiet, [faultBetween("1-halves", 3_000, 4_100)], { ...FULL, rate: 2 })[0]).toBe(
      "Only 0 writes succeeded under 1-halves (1.1 s), fewer than 20; --rate 73 would be enough.",
    );
    expect(doubts(load(10), [faultBetween("1-halves", 3_000, 4_100)])).toEqual([]);
  });

  test("takes the short phases of one kind together, and no two kinds", () => {
    const sparse = load(60);
    const first = faultBetween("1-halves", 2_000, 2_600, SIDES);
    const second = faultBetween("2-halves", 4_000, 4_900, SIDES);
    expect(doubts(sparse, [first])).toEqual([
      "Only 10 writes succeeded under 1-halves (0.6 s), fewer than 20; --rate 800 would be enough.",
      "Only 10 reads succeeded under 1-halves (0.6 s), fewer than 20; --rate 800 would be enough.",
      expect.stringMatching(/^Only \d operations were attempted on side 1 under 1-halves/),
      expect.stringMatching(/^Only 1\d operations were attempted on side 2 under 1-halves/),
    ]);
    expect(doubts(sparse, [first, second])).toEqual([]);
    const other = { ...second, kind: "one" };
    expect(doubts(sparse, [first, other]).filter((each) => each.includes("writes"))).toHaveLength(
      2,
    );
  });

  test("names a side of a short phase on which nothing was attempted", () => {
    const oneSided = load(10, (_nowMs, node) => node >= 2);
    expect(doubts(oneSided, [faultBetween("1-halves", 3_000, 4_900, SIDES)])).toEqual([
      "Only 0 operations were attempted on side 1 under 1-halves (1.9 s), fewer than 20.",
    ]);
  });
});
