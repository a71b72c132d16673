/*
 * Aim: a put tried again is one put, whoever coordinates it and whatever came of the first attempt (D-4.4-12, K-11), and a write is
 * neither refused nor left in doubt while somebody can take it (D-2.3-1). Method: whole clusters on virtual time, cut apart.
 */
import { describe, expect, test } from "vitest";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

const KEY_PATH = `/kv64/${Buffer.from("k").toString("base64url")}`;

/** Puts a value of key "k" under a name of its own. */
function send(world: ClusterWorld, node: string, body: string, query = "") {
  const headers = { "x-dynamo-operation": `operation-of-${body}`.padEnd(16, "-") };
  return world.request(node, "PUT", `${KEY_PATH}${query}`, { body, headers });
}

/** Owners of "k" and the rest, cut off from each other, each side knowing it. */
async function split(world: ClusterWorld) {
  const list = world.preferenceList("k");
  const [left, right] = [list.slice(0, 3), list.slice(3)];
  world.partition(left, right);
  for (const name of left) await suspectEverybody(world, name, right);
  for (const name of right) await suspectEverybody(world, name, left);
  return { owner: left[0] ?? "", other: left[1] ?? "", stranger: right[0] ?? "" };
}

async function healed(world: ClusterWorld): Promise<void> {
  world.heal();
  await world.pass(5_000);
}

describe("a retry whose coordinator knows neither the first attempt nor what superseded it", () => {
  test("D-4.4-12 K-11 brings nothing back, and the next write drops it", async () => {
    const world = await ClusterWorld.start(6);
    const { owner, other, stranger } = await split(world);
    expect((await send(world, owner, "tried")).status).toBe(204);
    const { context } = await world.read(other, "k");
    expect(await world.write(other, "k", "newer", context)).toBe(204);
    expect((await send(world, stranger, "tried")).status).toBe(204);
    expect((await world.read(stranger, "k")).values).toEqual(["tried"]);
    await healed(world);
    const read = await world.read(stranger, "k", "?r=3");
    expect(read.values).toEqual(["newer"]);
    expect(await world.own(owner, "k")).toMatchObject({ versions: 2 });
    expect(await world.write(owner, "k", "newest", read.context)).toBe(204);
    expect((await world.read(other, "k", "?r=3")).values).toEqual(["newest"]);
    expect(await world.own(owner, "k")).toMatchObject({ versions: 1 });
  });

  test("D-4.4-12 is not known by what the coordinators of later writes held, but by what their clients had read", async () => {
    const world = await ClusterWorld.start(6);
    const list = world.preferenceList("k");
    const [a = "", b = "", c = ""] = list;
    expect((await send(world, a, "tried")).status).toBe(204);
    let { context } = await world.read(a, "k");
    // Whoever coordinates now has never seen the first attempt.
    world.partition([a, b, c], list.slice(3));
    for (const name of list.slice(3)) await suspectEverybody(world, name, [a, b, c]);
    for (const [at, value] of ["second", "third"].entries()) {
      expect(await world.write(list[3 + at] ?? "", "k", value, context)).toBe(204);
      ({ context } = await world.read(list[3] ?? "", "k"));
    }
    for (const node of list.slice(3)) expect((await send(world, node, "tried")).status).toBe(204);
    expect((await world.read(list[5] ?? "", "k")).values).toEqual(["third"]);
  });

  test("D-4.4-12 leaves a deleted key deleted, and its tombstones may go", async () => {
    const world = await ClusterWorld.start(6, { tombstoneGraceMs: 20_000 });
    const { owner, other, stranger } = await split(world);
    await send(world, owner, "tried");
    const { context } = await world.read(other, "k");
    expect((await world.request(other, "DELETE", KEY_PATH, { context })).status).toBe(204);
    expect((await send(world, stranger, "tried")).status).toBe(204);
    await healed(world);
    expect((await world.read(stranger, "k", "?r=3")).status).toBe(404);
    expect(await world.own(owner, "k")).toMatchObject({ versions: 2 });
    await world.pass(80_000);
    for (const name of world.names)
      expect(await world.own(name, "k")).toMatchObject({ versions: 0 });
  });

  test("hides no write that nobody has superseded", async () => {
    const world = await ClusterWorld.start(6);
    const { owner, other, stranger } = await split(world);
    await send(world, owner, "tried");
    const { context } = await world.read(other, "k");
    await world.write(other, "k", "newer", context);
    await send(world, stranger, "other");
    await healed(world);
    expect((await world.read(stranger, "k", "?r=3")).values).toEqual(["newer", "other"]);
  });
});

describe("a refusal of a write that was made before", () => {
  test("D-4.5-7 is in doubt where its node holds the write, and definite for another", async () => {
    const world = await ClusterWorld.start(3);
    expect((await send(world, "n1", "first")).status).toBe(204);
    world.partition(["n1"], ["n2", "n3"]);
    await suspectEverybody(world, "n1", ["n2", "n3"]);
    const problemOf = async (value: string) => {
      const { status, body } = await send(world, "n1", value);
      expect(status).toBe(503);
      return JSON.parse(Buffer.from(body).toString());
    };
    expect(await problemOf("first")).toMatchObject({ definite: false });
    expect(await problemOf("second")).toMatchObject({ code: "too-few-nodes", definite: true });
  });
});

describe("a write that is forwarded", () => {
  /** A node that coordinates no write of "k" while the owners are there. */
  async function world6(w: number) {
    const world = await ClusterWorld.start(6, { w, r: 1 });
    const list = world.preferenceList("k");
    return { world, owners: list.slice(0, 3), router: list[4] ?? "" };
  }

  test("D-2.3-1 into links that have just been cut is taken by the next, and in the end by the node itself", async () => {
    for (const count of [1, 2, 3]) {
      const { world, owners, router } = await world6(1);
      for (const owner of owners.slice(0, count)) world.partition([router], [owner]);
      for (let number = 0; number < 6; number += 1) {
        expect(await world.write(router, "k", `${count} ${number}`)).toBe(204);
      }
      await healed(world);
      const { values } = await world.read(router, "k", "?r=3");
      expect(values).toEqual(Array.from({ length: 6 }, (_, number) => `${count} ${number}`));
    }
  });

  test("D-2.3-1 K-11 whose answer is lost is done again under a name, and is one version", async () => {
    const { world, owners, router } = await world6(2);
    // Forwards arrive, and nobody hears the answers of two of them.
    for (const owner of owners.slice(0, 2)) world.cut(owner, router);
    for (let number = 0; number < 4; number += 1) {
      expect(await world.write(router, "k", `value ${number}`)).toBe(204);
    }
    await healed(world);
    const { values } = await world.read(router, "k", "?r=3");
    expect(values).toEqual(["value 0", "value 1", "value 2", "value 3"]);
  });

  test("is waited for where its coordinator is slow and says that it is at work", async () => {
    const { world, owners, router } = await world6(3);
    // The coordinator is to wait for a hint-keeper in the place of an owner that is gone.
    const [gone = "", ...rest] = owners;
    world.partition(
      [gone],
      world.names.filter((name) => name !== gone),
    );
    expect(await world.write(router, "k", "value")).toBe(204);
    for (const owner of rest) expect(await world.own(owner, "k")).toMatchObject({ versions: 1 });
  });

  test("D-4.5-7 is in doubt once an attempt was, however the others end", async () => {
    const { world, owners, router } = await world6(1);
    for (const owner of owners.slice(0, 2)) world.cut(owner, router);
    const strict = `${KEY_PATH}?quorum=strict&timeoutMs=400`;
    world.partition([router], [owners[2] ?? ""]);
    const { status, body } = await world.request(router, "PUT", strict, { body: "value" });
    expect(status).toBe(503);
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ definite: false });
  });
});
