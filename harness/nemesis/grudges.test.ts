import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Grudge, GrudgeShape } from "./grudges.ts";
import { GRUDGE_NODES_MIN, GRUDGE_SHAPES, grudge, withHomeClients } from "./grudges.ts";

function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

/** Which nodes each node hears, itself included. */
function hearing(nodes: readonly string[], { links }: Grudge): readonly (readonly string[])[] {
  return nodes.map((to) =>
    nodes.filter((from) => !links.some((link) => link.from === from && link.to === to)),
  );
}

function isSymmetric({ links }: Grudge): boolean {
  return links.every((link) =>
    links.some((other) => other.from === link.to && other.to === link.from),
  );
}

const drawn = fc
  .record({
    shape: fc.constantFrom<GrudgeShape>(...GRUDGE_SHAPES),
    count: fc.integer({ min: 2, max: 9 }),
    seed: fc.nat(),
  })
  .filter(({ shape, count }) => count >= GRUDGE_NODES_MIN[shape]);

describe("grudge()", () => {
  it("cuts something, no link twice, no node from itself, and deals every node to one side", () => {
    fc.assert(
      fc.property(drawn, ({ shape, count, seed }) => {
        const nodes = nodeNames(count);
        const made = grudge(shape, nodes, new SeededRandom(seed));
        const names = made.links.map(({ from, to }) => `${from}~${to}`);
        expect(names.length).toBeGreaterThan(0);
        expect(new Set(names).size).toBe(names.length);
        expect(made.links.every(({ from, to }) => from !== to)).toBe(true);
        expect(made.sides.flat().toSorted()).toEqual([...nodes].toSorted());
        expect(made.sides.every((side) => side.length > 0)).toBe(true);
        expect(isSymmetric(made)).toBe(shape !== "one-way");
      }),
    );
  });

  it("gives the same partition for the same seed", () => {
    fc.assert(
      fc.property(drawn, ({ shape, count, seed }) => {
        const nodes = nodeNames(count);
        const first = grudge(shape, nodes, new SeededRandom(seed));
        expect(grudge(shape, nodes, new SeededRandom(seed))).toEqual(first);
      }),
    );
  });

  it("ring lets every node hear a majority, and no two the same one", () => {
    for (const count of [4, 5, 6, 7, 8, 9]) {
      const nodes = nodeNames(count);
      const heard = hearing(nodes, grudge("ring", nodes, new SeededRandom(count)));
      expect(heard.every((names) => names.length > count / 2)).toBe(true);
      expect(new Set(heard.map((names) => names.join())).size).toBe(count);
    }
  });

  it("bridge leaves one node that hears all, and nobody else does", () => {
    const nodes = nodeNames(5);
    const heard = hearing(nodes, grudge("bridge", nodes, new SeededRandom(3)));
    expect(heard.map((names) => names.length).toSorted()).toEqual([3, 3, 3, 3, 5]);
  });

  it("one-way mutes one half for the other, which it still hears", () => {
    const made = grudge("one-way", nodeNames(5), new SeededRandom(8));
    const [mute] = made.sides.filter((side) => side.includes(made.links[0]?.from ?? ""));
    expect(made.links.every(({ from, to }) => mute?.includes(from) && !mute.includes(to))).toBe(
      true,
    );
    expect(made.links.length).toBe(6);
  });

  it("refuses fewer nodes than the shape needs", () => {
    expect(() => grudge("ring", nodeNames(3), new SeededRandom(1))).toThrow(
      "Cannot make the partition ring: it needs at least 4 nodes, there are 3",
    );
  });
});

describe("withHomeClients()", () => {
  it("cuts the clients of a home node exactly where it cuts the node", () => {
    const made = withHomeClients({ links: [{ from: "a", to: "b" }], sides: [["a"], ["b"]] });
    expect(made.links).toEqual([
      { from: "a", to: "b" },
      { from: "client-a", to: "b" },
      { from: "a", to: "client-b" },
    ]);
  });
});
