/*
 * Aim: every preference list is spread over the datacenters as its cluster says. Method: rings of any size, placements of any kind,
 * every range of each held against the rule as it is said, written down once more.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { DatacenterPlacement } from "./datacenter-placement.ts";
import { placementFile, placementOfFile, spreadOver } from "./datacenter-placement.ts";
import { createRing } from "./partition-table.ts";

const [A, B, C, D, E, F] = [..."ABCDEF"].map(nodeId) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
];
const WALK = [A, B, C, D, E, F];

/** Nodes of which the text names the datacenters, one letter each. */
function placed(letters: string, n: number, replicas?: Record<string, number>) {
  const datacenterOf = new Map([...letters].map((letter, at) => [WALK[at] as NodeId, letter]));
  const counts = replicas === undefined ? undefined : new Map(Object.entries(replicas));
  return { n, datacenterOf, replicas: counts } satisfies DatacenterPlacement;
}

/** Sizes of datacenters, and how many copies each keeps: any number up to its size. */
const clusters = fc
  .array(
    fc
      .integer({ min: 1, max: 5 })
      .chain((size) => fc.record({ size: fc.constant(size), kept: fc.nat({ max: size }) })),
    { minLength: 1, maxLength: 4 },
  )
  .filter((datacenters) => datacenters.some(({ kept }) => kept > 0));

function ringOf(datacenters: readonly { size: number; kept: number }[], isEven: boolean) {
  const named = datacenters.map((each, at) => ({ ...each, name: `dc${at}` }));
  const datacenterOf = new Map(
    named.flatMap(({ name, size }) =>
      Array.from({ length: size }, (_, at) => [nodeId(`${name}-${at}`), name] as const),
    ),
  );
  const n = named.reduce((sum, { kept }) => sum + kept, 0);
  const replicas = isEven ? undefined : new Map(named.map(({ name, kept }) => [name, kept]));
  const ring = createRing({
    clusterId: "c",
    nodes: [...datacenterOf.keys()],
    partitionCount: 64,
    placement: { n, datacenterOf, replicas },
  });
  const counts = Array.from({ length: 64 }, (_, partition) => {
    const primaries = ring.preferenceListOf(partition).slice(0, n);
    return named.map(
      ({ name }) => primaries.filter((node) => datacenterOf.get(node) === name).length,
    );
  });
  return { ring, counts, n };
}

describe("spreadOver()", () => {
  test("takes the first nodes of the walk that a datacenter still wants a copy from, in its order", () => {
    const list = (letters: string, replicas: Record<string, number>) =>
      spreadOver(WALK, placed(letters, 3, replicas)).join("");
    expect(list("eeewww", { e: 2, w: 1 })).toBe("ABDCEF");
    expect(list("wwweee", { e: 2, w: 1 })).toBe("ADEBCF");
    expect(list("ewewew", { e: 1, w: 2 })).toBe("ABDCEF");
    expect(list("eewwnn", { e: 1, w: 1, n: 1 })).toBe("ACEBDF");
    expect(list("eewwnn", { e: 0, w: 2, n: 1 })).toBe("CDEABF");
  });

  test("where copies are even, those that it meets first keep one more", () => {
    const list = (letters: string, n: number) => spreadOver(WALK, placed(letters, n)).join("");
    expect(list("eewwnn", 3)).toBe("ACEBDF");
    expect(list("eeewww", 3)).toBe("ABDCEF");
    expect(list("eewwnn", 4)).toBe("ABCEDF");
    expect(list("eewwnn", 2)).toBe("ACBDEF");
    expect(list("eeeeew", 4)).toBe("ABCFDE");
  });

  test("D-4.6-9 C10 gives each datacenter exactly its copies of every range, and lists every node once", () => {
    fc.assert(
      fc.property(clusters, (datacenters) => {
        const { ring, counts } = ringOf(datacenters, false);
        for (const each of counts) expect(each).toEqual(datacenters.map(({ kept }) => kept));
        for (let partition = 0; partition < 64; partition += 1) {
          expect([...ring.preferenceListOf(partition)].sort()).toEqual(ring.nodes);
        }
      }),
    );
  });

  test("D-4.6-9 spreads evenly: none keeps two more than another that has a node left, and N in all", () => {
    fc.assert(
      fc.property(clusters, (datacenters) => {
        const { counts, n } = ringOf(datacenters, true);
        for (const each of counts) {
          expect(each.reduce((sum, count) => sum + count, 0)).toBe(n);
          const most = Math.max(...each);
          const behind = each.filter(
            (count, at) => count < most - 1 && count < (datacenters[at]?.size ?? 0),
          );
          expect(behind).toEqual([]);
        }
      }),
    );
  });

  test("keeps a node of each datacenter first in its own ranges, as the walk does", () => {
    const { ring } = ringOf(
      [
        { size: 3, kept: 2 },
        { size: 2, kept: 1 },
      ],
      false,
    );
    ring.owners.forEach((owner, partition) => {
      expect(ring.preferenceListOf(partition)[0]).toBe(owner);
    });
  });
});

describe("a ring with datacenters", () => {
  const options = { clusterId: "shop", nodes: WALK, partitionCount: 64 };
  const ring = (placement: DatacenterPlacement) => createRing({ ...options, placement });

  test("has a digest for each placement, and without one the digest it had before there were any", () => {
    const rings = [
      createRing(options),
      ring(placed("eeewww", 3)),
      ring(placed("eeewww", 2)),
      ring(placed("eewwww", 3)),
      ring(placed("eeewww", 3, { e: 2, w: 1 })),
      ring(placed("eeewww", 3, { e: 1, w: 2 })),
    ];
    expect(new Set(rings.map(({ stamp }) => stamp.digest)).size).toBe(rings.length);
    expect(new Set(rings.map(({ owners }) => owners.join())).size).toBe(1);
    expect(rings[0]?.stamp.digest).toBe("3d96c0ffa7684316");
  });

  test.each<readonly [RegExp, DatacenterPlacement]>([
    [/node F has no datacenter/, placed("eeeww", 3)],
    [/no node is in datacenter x, there are e, w/, placed("eeewww", 3, { e: 2, w: 0, x: 1 })],
    [
      /4 replicas in datacenter e: allowed are 0 to 3, as many/,
      placed("eeewww", 4, { e: 4, w: 0 }),
    ],
    [/datacenter w is missing/, placed("eeewww", 3, { e: 3 })],
    [/2 replicas in all datacenters, and N is 3/, placed("eeewww", 3, { e: 1, w: 1 })],
  ])("is refused where %s", (reason, placement) => {
    expect(() => ring(placement)).toThrow(reason);
    expect(() => ring(placement)).toThrow(RangeError);
  });
});

describe("placementOfFile()", () => {
  test.each([placed("eeewww", 3), placed("eeewww", 3, { e: 2, w: 1 })])(
    "reads what placementFile() gives",
    (placement) => {
      const file: unknown = JSON.parse(JSON.stringify(placementFile(placement)));
      expect(placementOfFile(file)).toEqual(placement);
    },
  );

  test.each([null, 7, {}, { n: "3" }, { n: 3, datacenterOf: { A: 1 } }, { n: 1.5 }])(
    "refuses %j",
    (file) => {
      expect(() => placementOfFile(file)).toThrow(RangeError);
    },
  );
});
