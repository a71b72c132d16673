/** Counters that cannot be counted on from, and versions that nobody can read: kept out, or written over, and never the end of a key. */
import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import { macKeyOf, sealContext } from "../causality/context-token.ts";
import { COUNTER_MAX } from "../causality/counter-limit.ts";
import type { Clock, VersioningMode } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { encodePayload } from "../protocol/payload.ts";
import { decodeProblem } from "../protocol/problem.ts";
import { decodeRowPage, encodeRowPage } from "../protocol/row-page.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

const KEY = "k";
const MODES = ["dvvset", "merged", "vector-clock", "vector-clock-max"] as const;
const PAYLOAD = encodePayload({
  contentType: "text/plain",
  tombstone: false,
  bytes: utf8Bytes("planted"),
});

const worldOf = (versioning: VersioningMode) =>
  ClusterWorld.start(1, { n: 1, r: 1, w: 1, versioning, clusterSecret: undefined });

const clockOf = (actor: string, counter: number): Clock => new Map([[actor as Actor, counter]]);

/** A record whose one version has this dot. */
function recordOf(mode: VersioningMode, actor: string, counter: number, payload = PAYLOAD) {
  const versioning = versioningFor(mode);
  const mint = { actor: actor as Actor, wallMs: 1 };
  const context = counter === 1 ? versioning.empty.clock : clockOf(actor, counter - 1);
  return versioning.encode(versioning.update(versioning.empty, context, payload, mint));
}

function postRows(world: ClusterWorld, rows: readonly (readonly [string, Uint8Array])[]) {
  const page = rows.map(([key, record]) => ({ key: utf8Bytes(key), record }));
  return world.request("n1", "POST", "/admin/rows", {
    body: encodeRowPage({ rows: page, next: undefined }),
  });
}

/** The actor under which the node mints in the key's row. */
async function ownActor(world: ClusterWorld, mode: VersioningMode): Promise<string> {
  expect(await world.write("n1", KEY, "own")).toBe(204);
  const path = "/admin/rows?table=records&partitions=0-63";
  const { rows } = decodeRowPage((await world.request("n1", "GET", path)).body);
  const record = rows[0]?.record ?? new Uint8Array(0);
  return [...versioningFor(mode).decode(record).clock.keys()][0] ?? "";
}

/** What anybody can make where the cluster has no secret. */
function forged(mode: VersioningMode, clock: Clock): string {
  const scope = { clusterId: "world", key: utf8Bytes(KEY), mode };
  return toBase64url(sealContext({ ...scope, clock }, macKeyOf(undefined, "world")));
}

describe.each(MODES)("under %s", (mode) => {
  test("POST /admin/rows refuses a counter over the limit and a version that is none, and stores nothing", async () => {
    const world = await worldOf(mode);
    const good = recordOf(mode, "gone/AAAAAAAAAAA/0", 1);
    const bad: [Uint8Array, RegExp][] = [
      [
        recordOf(mode, "gone/AAAAAAAAAAA/0", COUNTER_MAX + 1),
        /: the counter of gone\/AAAAAAAAAAA\/0 is 9007199254740991, and at most 9007199254740990 is allowed$/,
      ],
      [
        recordOf(mode, "gone/AAAAAAAAAAA/0", 1, Buffer.of(9, 9, 9)),
        /: Cannot read a payload: version 9 is unknown$/,
      ],
    ];
    for (const [record, reason] of bad) {
      const refused = await postRows(world, [
        ["a", good],
        ["b", record],
      ]);
      expect(refused.status).toBe(400);
      expect(decodeProblem(refused.body)?.code).toBe("row-refused");
      expect(decodeProblem(refused.body)?.detail).toMatch(reason);
      expect(decodeProblem(refused.body)?.detail).toMatch(
        /^Cannot take the row of key 62: [^\n]*$/,
      );
      expect(await world.at("n1").engine.count("records")).toBe(0);
    }
  });

  test("a context with a counter over the limit is refused", async () => {
    const world = await worldOf(mode);
    const actor = await ownActor(world, mode);
    const context = forged(mode, clockOf(actor, COUNTER_MAX + 1));
    for (const method of ["GET", "PUT", "DELETE"]) {
      const refused = await world.request("n1", method, "/kv/k", { context });
      expect(refused.status).toBe(400);
      expect(decodeProblem(refused.body)).toMatchObject({
        code: "bad-context",
        detail: expect.stringMatching(/^Cannot [^\n]* at most 9007199254740990 is allowed$/),
      });
    }
    expect((await world.read("n1", KEY)).values).toEqual(["own"]);
  });

  test("a row whose actor came to its last counter is written on, under another", async () => {
    const world = await worldOf(mode);
    const actor = await ownActor(world, mode);
    const planted = recordOf(mode, actor, COUNTER_MAX);
    expect((await postRows(world, [[KEY, planted]])).status).toBe(204);
    const { values, context } = await world.read("n1", KEY);
    expect(values).toContain("planted");
    expect(await world.write("n1", KEY, "beside")).toBe(204);
    expect((await world.read("n1", KEY)).values).toEqual(["beside", "planted"]);
    expect(await world.write("n1", KEY, "after", context)).toBe(204);
    const last = await world.read("n1", KEY);
    expect(last.values).toContain("after");
    expect(await world.write("n1", KEY, "whole", last.context)).toBe(204);
    expect((await world.read("n1", KEY)).values).toEqual(["whole"]);
  });

  test("a context that brings an actor to its last counter is written with, under another", async () => {
    const world = await worldOf(mode);
    const actor = await ownActor(world, mode);
    const context = forged(mode, clockOf(actor, COUNTER_MAX));
    expect(await world.write("n1", KEY, "new", context)).toBe(204);
    const read = await world.read("n1", KEY);
    expect(read.values).toEqual(["new"]);
    expect(await world.write("n1", KEY, "newer", read.context)).toBe(204);
    expect((await world.read("n1", KEY)).values).toEqual(["newer"]);
  });
});
