import { describe, expect, test } from "vitest";
import { nodeId } from "../../../../src/base/ids.ts";
import { hintRowKey } from "../../../../src/replica/row-keys.ts";
import type { RowState } from "../observer.ts";
import { HintWatch } from "./hint-watch.ts";
import { Violations } from "./violations.ts";

/** Row keys of a hint for `b` have 5 bytes. */
const BOUNDS = {
  hintsMax: 2,
  hintBytesMax: 40,
  bytesPerSecond: 4_096,
  members: 2,
  toleranceMs: 500,
};

function watching(membersKnownTo?: () => number | undefined) {
  let nowMs = 0;
  const violations = new Violations(() => nowMs);
  const watch = new HintWatch(() => nowMs, { ...BOUNDS, membersKnownTo }, violations);
  return {
    watch,
    put: (name: string, sizeBytes: number) => watch.written("a", rowOf(name, sizeBytes)),
    remove: (name: string) => watch.written("a", rowOf(name, undefined)),
    pass: (ms: number) => {
      nowMs += ms;
    },
    found: () => violations.first.map(({ check }) => check),
  };
}

function rowOf(name: string, sizeBytes: number | undefined): RowState {
  const key = hintRowKey(nodeId("b"), 1, Buffer.from(name));
  return {
    table: "hints",
    key,
    value: sizeBytes === undefined ? undefined : Buffer.alloc(sizeBytes),
  };
}

describe("HintWatch", () => {
  test("finds a hint too many, not one that took the place of another", () => {
    const { put, remove, found } = watching();
    put("x", 1);
    put("y", 1);
    put("x", 2);
    remove("x");
    put("z", 1);
    expect(found()).toEqual([]);
    put("x", 1);
    expect(found()).toEqual(["hints-beyond-limit"]);
  });

  test("finds a byte too many, not a row that shrinks", () => {
    const { watch, put, found } = watching();
    put("x", 15);
    put("y", 15);
    expect(found()).toEqual([]);
    put("y", 16);
    expect(found()).toEqual(["hints-beyond-limit"]);
    put("y", 16);
    put("y", 15);
    watch.rolledBack("a", rowOf("y", 16));
    expect(found()).toHaveLength(1);
    watch.written("b", rowOf("x", 35));
    watch.written("a", { table: "records", key: Buffer.alloc(9), value: Buffer.alloc(99) });
    expect(found()).toHaveLength(1);
  });

  test("finds hints that go faster than they may be sent, tolerance aside", () => {
    const { put, remove, pass, found } = watching();
    const deliver = () => {
      put("x", 1);
      remove("x");
    };
    deliver();
    pass(550);
    deliver();
    pass(1_000);
    deliver();
    expect(found()).toEqual([]);
    pass(900);
    deliver();
    expect(found()).toEqual(["hints-too-fast"]);
  });

  test("gives each of fewer members a larger share, and each of more a smaller one", () => {
    for (const [members, tooFast] of [
      [2, 0],
      [3, 2],
    ] as const) {
      const { watch, put, remove, pass, found } = watching();
      watch.membersChanged(members);
      for (const waitMs of [0, 1_000, 1_000]) {
        pass(waitMs);
        put("x", 1);
        remove("x");
      }
      expect(found()).toHaveLength(tooFast);
    }
  });

  test("lets a node that has not heard of a join deliver at its share of before", () => {
    for (const known of [2, 3, undefined]) {
      const { watch, put, remove, pass, found } = watching(() => known);
      watch.membersChanged(3);
      for (const waitMs of [0, 1_000, 1_000]) {
        pass(waitMs);
        put("x", 1);
        remove("x");
      }
      expect(found()).toHaveLength(known === 2 ? 0 : 2);
    }
  });

  test("lets go at the share of before what was taken on before the node heard of a join, and nothing later", () => {
    const { watch, put, remove, pass, found } = watching();
    put("x", 1);
    put("y", 1);
    watch.membersChanged(3);
    for (const name of ["x", "y"]) {
      pass(1_000);
      remove(name);
    }
    expect(found()).toEqual([]);
    pass(5_000);
    for (const waitMs of [0, 1_000, 1_000]) {
      pass(waitMs);
      put("x", 1);
      remove("x");
    }
    expect(found()).toEqual(["hints-too-fast", "hints-too-fast"]);
  });

  test("begins anew with each life, and judges no pace of a node that was paused", () => {
    const { watch, put, remove, found } = watching();
    for (const _life of [1, 2, 3]) {
      watch.replaced("a", [rowOf("x", 1), rowOf("y", 1), rowOf("z", 1)]);
      remove("x");
    }
    expect(found()).toEqual([]);
    watch.paused("a");
    remove("y");
    remove("z");
    expect(found()).toEqual([]);
    put("x", 1);
    put("y", 1);
    put("z", 1);
    expect(found()).toEqual(["hints-beyond-limit"]);
  });
});
