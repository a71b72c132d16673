/** How much a key may hold (D-2.1-2), at its boundaries and through HTTP. */
import { describe, expect, test } from "vitest";
import { decodeProblem } from "../protocol/problem.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

const path = (key: string): string => `/kv64/${Buffer.from(key).toString("base64url")}`;

describe("D-2.1-2, K-24 a key at its limit of versions", () => {
  test("refuses one more definitely, writes nothing, and takes what replaces versions", async () => {
    const world = await ClusterWorld.start(3, { siblingsWarn: 2, siblingsMax: 3 });
    for (const body of ["a", "b", "c"]) expect(await world.write("n1", "k", body)).toBe(204);
    const before = await Promise.all(world.names.map((name) => world.own(name, "k")));
    const full = await world.read("n1", "k");
    expect(full.values).toEqual(["a", "b", "c"]);

    for (const name of world.names) {
      const refused = await world.request(name, "PUT", path("k"), { body: "d" });
      expect(refused.status).toBe(409);
      const problem = decodeProblem(refused.body);
      expect(problem).toMatchObject({ code: "too-many-siblings", definite: true });
      expect(problem?.detail).toContain("it has 3 versions, and at most 3 are kept");
    }
    await world.pass(2_000);
    expect(await Promise.all(world.names.map((name) => world.own(name, "k")))).toEqual(before);
    expect((await world.read("n2", "k", "?r=3")).values).toEqual(["a", "b", "c"]);

    expect(await world.write("n2", "k", "merged", full.context)).toBe(204);
    expect((await world.read("n3", "k")).values).toEqual(["merged"]);
    expect(await world.write("n1", "k", "beside")).toBe(204);
  });

  test("takes a write that replaces one version of a key beyond the limit", async () => {
    const world = await ClusterWorld.start(3, { siblingsMax: 2, siblingsWarn: 2 });
    await world.write("n1", "k", "first");
    const { context } = await world.read("n1", "k");
    await world.write("n1", "k", "second");
    expect(await world.write("n2", "k", "third")).toBe(409);
    expect(await world.write("n2", "k", "instead of the first", context)).toBe(204);
    expect((await world.read("n3", "k")).values).toEqual(["instead of the first", "second"]);
  });
});

describe("D-2.1-2, K-24 a key at its limit of bytes", () => {
  test("refuses a further version that is too much, and never the only one", async () => {
    const world = await ClusterWorld.start(3, { recordBytesWarn: 500, recordBytesMax: 1_000 });
    const large = "x".repeat(2_000);
    expect(await world.write("n1", "alone", large)).toBe(204);
    expect(await world.write("n1", "k", "y".repeat(600))).toBe(204);
    expect(await world.write("n1", "k", "z".repeat(600))).toBe(409);
    const { context } = await world.read("n1", "k");
    expect(await world.write("n1", "k", large, context)).toBe(204);
    expect((await world.read("n1", "k")).values).toEqual([large]);
  });

  test("merges on replicas what each of them took, beyond every limit", async () => {
    const world = await ClusterWorld.start(2, {
      n: 2,
      r: 1,
      w: 1,
      siblingsMax: 2,
      siblingsWarn: 2,
    });
    world.partition(["n1"], ["n2"]);
    for (const name of world.names) {
      for (const body of ["1", "2"]) expect(await world.write(name, "k", name + body)).toBe(204);
    }
    world.heal();
    await world.pass(4_000);
    const all = await world.read("n1", "k", "?r=2");
    expect(all.values).toEqual(["n11", "n12", "n21", "n22"]);
    expect(await world.write("n1", "k", "more")).toBe(409);
    expect(await world.write("n1", "k", "one", all.context)).toBe(204);
  });
});
