import { describe, expect, test } from "vitest";
import { AssertionError } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { CountingAssertions } from "../env/testing/counting-assertions.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Ring } from "../ring/ring.ts";
import { placeRequest } from "./place-request.ts";

const LIST = ["a", "b", "c", "d", "e"].map(nodeId);
const OPTIONS = { n: 3, quorum: "sloppy" } as const;

function place(down: readonly string[], needed: number, coordinator?: string) {
  const assertions = new CountingAssertions();
  const detector = {
    isUp: (node: NodeId) => !down.includes(node),
    answered: () => {},
    missed: () => {},
    overdue: () => {},
    leaves: () => {},
    suspected: () => [],
  };
  const order = {
    ring: ringOf(() => LIST),
    key: Buffer.from("k"),
    needed,
    ...(coordinator === undefined ? {} : { coordinator: nodeId(coordinator) }),
  };
  return { assertions, run: () => placeRequest({ assertions }, { detector }, OPTIONS, order) };
}

function ringOf(preferenceList: () => readonly NodeId[]): Ring {
  return {
    stamp: { epoch: 1, digest: "0123456789abcdef" },
    preferenceList,
  } as unknown as Ring;
}

describe("placeRequest()", () => {
  test("gives each of the first N nodes a slot", () => {
    const { assertions, run } = place([], 2);
    expect(run().slots.map(({ primary }) => primary)).toEqual(LIST.slice(0, 3));
    expect(assertions.countOf("a primary that seemed down had a stand-in at once")).toBe(0);
  });

  test("tells a stand-in at once from a primary that nobody can stand in for", () => {
    const stood = place(["a"], 2);
    stood.run();
    const wanted = place(["a", "d", "e"], 2);
    wanted.run();
    const [standIn, want] = [
      "a primary that seemed down had a stand-in at once",
      "a primary that seemed down was asked for want of a stand-in",
    ] as const;
    const counts = [stood, wanted].map(({ assertions }) => [
      assertions.countOf(standIn),
      assertions.countOf(want),
    ]);
    expect(counts).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test("tells a read from a write where it refuses for too few nodes", () => {
    const read = place(["b", "c", "d", "e"], 2);
    expect(read.run).toThrow(DynamoError);
    expect(read.assertions.countOf("a read was refused for too few nodes")).toBe(1);
    const write = place(["b", "c", "d", "e"], 2, "a");
    expect(write.run).toThrow(DynamoError);
    expect(write.assertions.countOf("a write was refused for too few nodes")).toBe(1);
    expect(write.assertions.countOf("a read was refused for too few nodes")).toBe(0);
  });

  test("asserts that the slots are those of the preference list", () => {
    // A list that changes while it is read: what was placed is not what is compared.
    const assertions = new CountingAssertions();
    let reads = 0;
    const shifting = new Proxy(LIST, {
      get: (list, name) =>
        name === "0" && ++reads > 1 ? nodeId("z") : Reflect.get(list, name, list),
    });
    const detector = {
      isUp: () => true,
      answered() {},
      missed() {},
      overdue() {},
      leaves() {},
      suspected: () => [],
    };
    const order = { ring: ringOf(() => shifting), key: Buffer.from("k"), needed: 2 };
    expect(() => placeRequest({ assertions }, { detector }, OPTIONS, order)).toThrow(
      AssertionError,
    );
  });

  describe("with datacenters", () => {
    const FAR = "a stand-in was in another datacenter for want of one in its primary's";
    const datacenterOf = new Map(LIST.map((node) => [node, "ae".includes(node) ? "one" : "two"]));
    const ring = {
      ...ringOf(() => LIST),
      placement: { n: 3, datacenterOf, replicas: undefined },
    };

    function placeWith(isUp: (node: NodeId) => boolean): CountingAssertions {
      const assertions = new CountingAssertions();
      const detector = {
        isUp,
        answered() {},
        missed() {},
        overdue() {},
        leaves() {},
        suspected: () => [],
      };
      const order = { ring, key: Buffer.from("k"), needed: 2 };
      placeRequest({ assertions }, { detector }, OPTIONS, order);
      return assertions;
    }

    test("tells a stand-in that is far from one that is near", () => {
      expect(placeWith((node) => node !== "a").countOf(FAR)).toBe(0);
      expect(placeWith((node) => node !== "a" && node !== "e").countOf(FAR)).toBe(1);
    });

    test("asserts that a far one is taken only where no near one is up", () => {
      // Up only when it is asked the second time, by whoever checks.
      let asked = 0;
      const isUp = (node: NodeId) => node !== "a" && (node !== "e" || ++asked > 1);
      expect(() => placeWith(isUp)).toThrow(AssertionError);
    });
  });
});
