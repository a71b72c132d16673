import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { WriteCandidatesOptions } from "./write-candidates.ts";
import { writeCandidates } from "./write-candidates.ts";

const LIST = [..."abcdef"].map(nodeId);

/** The way of a write of a key whose list is a to f, N=3, as one text; draws of chance give `drawn`. */
function way({
  self = "a",
  policy = "any-owner",
  down = "",
  reader,
  list = LIST,
  drawn = 0,
}: {
  readonly self?: string;
  readonly policy?: WriteCandidatesOptions["policy"];
  readonly down?: string;
  readonly reader?: string;
  readonly list?: WriteCandidatesOptions["list"];
  readonly drawn?: number;
}): string {
  const options = {
    policy,
    self: nodeId(self),
    list,
    n: 3,
    isUp: (node: string) => !down.includes(node),
    fastestReader: reader === undefined ? undefined : nodeId(reader),
    drawBelow: (count: number) => drawn % count,
  };
  return [...writeCandidates(options)].join("");
}

describe("writeCandidates()", () => {
  test("any-owner: the owner that was asked, and after it the others from a drawn one on", () => {
    expect(way({ self: "b" })).toBe("bacd");
    expect(way({ self: "b", drawn: 1 })).toBe("bcda");
    expect(way({ self: "e", drawn: 1 })).toBe("bca");
    expect(way({ self: "e", drawn: 2 })).toBe("cab");
  });

  test("D-4.5-2 first-owner: the first of the list whoever was asked, and the next where it is down", () => {
    const policy = "first-owner";
    for (const self of "abcdef") expect(way({ policy, self })[0]).toBe("a");
    for (const self of "bcdef") expect(way({ policy, self, down: "a" })[0]).toBe("b");
    expect(way({ policy, self: "e", down: "ac" })).toBe("bdef");
    expect(way({ policy, self: "f" })).toBe("abc");
  });

  test("D-5-9 fastest-reader: the node of the context, then as any-owner, each once", () => {
    const policy = "fastest-reader";
    expect(way({ policy, self: "a", reader: "c" })).toBe("cabd");
    expect(way({ policy, self: "e", reader: "b" })).toBe("bac");
    expect(way({ policy, self: "b", reader: "b" })).toBe("bacd");
  });

  test("D-5-9 fastest-reader falls back where there is none, it is down, or it is not among the first N", () => {
    const policy = "fastest-reader";
    for (const self of "abe") {
      const any = way({ self, drawn: 1 });
      expect(way({ policy, self, drawn: 1 })).toBe(any);
      expect(way({ policy, self, drawn: 1, reader: "f" })).toBe(any);
      expect(way({ policy, self, drawn: 1, reader: "x" })).toBe(any);
      expect(way({ policy, self, drawn: 1, reader: "c", down: "c" })).toBe(
        way({ self, drawn: 1, down: "c" }),
      );
    }
    // A stand-in is an owner while one is away.
    expect(way({ policy, self: "e", reader: "d", down: "b" })[0]).toBe("d");
    expect(way({ policy, self: "e", reader: "d", list: LIST.slice(0, 3), down: "b" })).toBe("ac");
  });

  test("asks what is believed of a node when its turn comes near", () => {
    const down = new Set<string>();
    const candidates = writeCandidates({
      policy: "any-owner",
      self: nodeId("a"),
      list: LIST,
      n: 3,
      isUp: (node) => !down.has(node),
      fastestReader: undefined,
      drawBelow: () => 0,
    });
    expect(candidates.next().value).toBe("a");
    down.add("b");
    expect(candidates.next().value).toBe("c");
  });
});
