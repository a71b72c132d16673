/*
 * Aim: the node that answered a read first coordinates the write that follows it (paper 5). Method: a cluster in which all but one
 * replica of a key answer too late to be first; who coordinated is who minted the version's dot, which the clock of the
 * context names.
 */
import { describe, expect, test } from "vitest";
import { fromBase64url, utf8Bytes } from "../base/bytes.ts";
import { macKeyOf, openToken } from "../causality/context-token.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

const KEY = "cart";

/** Five nodes; `asked` keeps no copy of the key, and hears of its replicas only `fastest`, until all is healed. */
async function worldWithFastest() {
  const world = await ClusterWorld.start(5, { writeCoordinator: "fastest-reader" });
  const [a = "", b = "", c = "", , asked = ""] = world.preferenceList(KEY);
  expect(await world.write(a, KEY, "first")).toBe(204);
  return { world, owners: [a, b, c], asked };
}

async function readHearing(world: ClusterWorld, asked: string, owners: string[], fastest: string) {
  const silent = owners.filter((owner) => owner !== fastest);
  for (const owner of silent) world.cut(owner, asked);
  const read = await world.read(asked, KEY, "?r=1");
  world.heal();
  // Until nobody counts as down any more.
  await world.pass(2_000);
  return read;
}

function opened(context: string) {
  const token = fromBase64url(context) ?? new Uint8Array(0);
  const scope = { clusterId: "world", key: utf8Bytes(KEY), mode: "dvvset" } as const;
  return openToken(token, scope, macKeyOf("a secret of this test", "world"));
}

/** Nodes whose dots a context covers and `before` does not. */
function newActors(before: string, after: string): readonly string[] {
  const old = opened(before).clock;
  const minted = [...opened(after).clock].filter(([actor, count]) => old.get(actor) !== count);
  return minted.map(([actor]) => actor.split("/")[0] ?? "");
}

describe("D-5-9 a write whose context comes from a read", () => {
  test("is coordinated by the node that answered it first, whichever that was and whoever is asked", async () => {
    const { world, owners, asked } = await worldWithFastest();
    for (const fastest of owners) {
      for (const writer of [asked, ...owners]) {
        const { context } = await readHearing(world, asked, owners, fastest);
        expect(opened(context).reader).toBe(fastest);
        expect(await world.write(writer, KEY, `${writer} after ${fastest}`, context)).toBe(204);
        const after = await world.read(asked, KEY, "?r=3");
        expect(newActors(context, after.context)).toEqual([fastest]);
        expect(after.values).toEqual([`${writer} after ${fastest}`]);
      }
    }
  });

  test("is coordinated by the next of the list where that node is down", async () => {
    const { world, owners, asked } = await worldWithFastest();
    const [fastest = "", ...others] = owners;
    const { context } = await readHearing(world, asked, owners, fastest);
    expect(opened(context).reader).toBe(fastest);
    world.partition(
      [fastest],
      world.names.filter((name) => name !== fastest),
    );
    await suspectEverybody(world, asked, [fastest]);
    expect(await world.write(asked, KEY, "without it", context)).toBe(204);
    const after = await world.read(asked, KEY);
    expect(after.values).toEqual(["without it"]);
    const [minter = ""] = newActors(context, after.context);
    expect([...others, world.preferenceList(KEY)[3]]).toContain(minter);
  });

  test("names nobody under another policy", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", KEY, "v");
    expect(opened((await world.read("n1", KEY)).context).reader).toBeUndefined();
  });
});
