/*
 * Aim: `POST /admin/rows` takes no row that would end its key: with a clock too long for one actor more every node refuses each write of it (D-4.4-9), and where
 * the last write wins a time ahead of all clocks wins over each write until they have come to it (K-14). Method: rows made by hand, on both sides of each bound.
 */
import { describe, expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import { FormatError } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { hybridTimeOf } from "../causality/hybrid-time.ts";
import type { Siblings, Versioning, VersioningMode } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { checkBroughtRecord } from "../node/brought-record.ts";
import { encodePayload } from "../protocol/payload.ts";
import { decodeProblem } from "../protocol/problem.ts";
import { encodeRowPage } from "../protocol/row-page.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

const PAYLOAD = encodePayload({ contentType: "", tombstone: false, bytes: utf8Bytes("brought") });
const SKEW_MAX_MS = 500;
const WRITTEN_MS = 1_700_000_000_000;

const worldOf = (versioning: VersioningMode) =>
  ClusterWorld.start(1, { n: 1, r: 1, w: 1, versioning, clockSkewMaxMs: SKEW_MAX_MS });

function post(world: ClusterWorld, rows: readonly (readonly [string, Uint8Array])[]) {
  const page = rows.map(([key, record]) => ({ key: utf8Bytes(key), record }));
  const body = encodeRowPage({ rows: page, next: undefined });
  return world.request("n1", "POST", "/admin/rows", { body });
}

async function expectRefused(
  world: ClusterWorld,
  rows: readonly (readonly [string, Uint8Array])[],
  detail: RegExp,
): Promise<void> {
  const { status, body } = await post(world, rows);
  expect(status).toBe(400);
  expect(decodeProblem(body)).toMatchObject({
    code: "row-refused",
    definite: true,
    detail: expect.stringMatching(detail),
  });
  expect(await world.at("n1").engine.count("records")).toBe(0);
}

/** One value, written over by as many actors one after the other. */
function writtenBy(versioning: Versioning, actorCount: number): Siblings {
  let siblings = versioning.empty;
  for (let epoch = 0; epoch < actorCount; epoch += 1) {
    const actor = actorOf({ nodeId: nodeId("gone"), incarnation: "AAAAAAAAAAA", epoch });
    const mint = { actor, wallMs: WRITTEN_MS };
    siblings = versioning.update(siblings, siblings.clock, PAYLOAD, mint);
  }
  return siblings;
}

describe.each(["dvvset", "merged", "vector-clock", "vector-clock-max"] as const)(
  "D-4.4-9 under %s a brought row",
  (mode) => {
    const versioning = versioningFor(mode);
    const rules = { versioning, wallMs: WRITTEN_MS, clockSkewMaxMs: SKEW_MAX_MS };
    const isTaken = (actorCount: number): boolean => {
      try {
        checkBroughtRecord(versioning.encode(writtenBy(versioning, actorCount)), rules);
        return true;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        return false;
      }
    };
    const longest = (): Siblings => {
      let [good, bad] = [1, 1_000];
      while (bad - good > 1) {
        const middle = (good + bad) >> 1;
        if (isTaken(middle)) good = middle;
        else bad = middle;
      }
      return writtenBy(versioning, good);
    };

    test("has at most a clock that is still read and written, and one actor more is refused", async () => {
      const world = await worldOf(mode);
      const good = longest();
      const bad = versioning.encode(writtenBy(versioning, good.clock.size + 1));
      const detail = new RegExp(
        `^Cannot take the row of key 62: its clock of ${good.clock.size + 1} actors is too long, and only one [^\\n]* is allowed$`,
      );
      await expectRefused(
        world,
        [
          ["a", versioning.encode(writtenBy(versioning, 1))],
          ["b", bad],
        ],
        detail,
      );
      expect((await post(world, [["b", versioning.encode(good)]])).status).toBe(204);
      const { values, context } = await world.read("n1", "b");
      expect(values).toEqual(["brought"]);
      expect(context).not.toBe("");
      expect(await world.write("n1", "b", "blind")).toBe(204);
      expect(await world.write("n1", "b", "after", context)).toBe(204);
    });
  },
);

test("D-4.4-8 a brought row may have a clock of any length where the next write cuts it", async () => {
  const world = await ClusterWorld.start(1, {
    ...{ n: 1, r: 1, w: 1 },
    ...({ versioning: "merged", truncate: "reaches" } as const),
  });
  const merged = versioningFor("merged");
  const record = merged.encode(writtenBy(merged, 600));
  expect((await post(world, [["a", record]])).status).toBe(204);
  expect(await world.write("n1", "a", "blind")).toBe(204);
  const { context } = await world.read("n1", "a");
  expect(await world.write("n1", "a", "after", context)).toBe(204);
  expect((await world.read("n1", "a")).values).toEqual(["after"]);
});

describe.each(["lww", "lww-hybrid"] as const)("K-14 under %s a brought row", (mode) => {
  const versioning = versioningFor(mode);
  const writtenAt = (wallMs: number): Uint8Array => {
    const actor = actorOf({ nodeId: nodeId("gone"), incarnation: "AAAAAAAAAAA", epoch: 0 });
    const mint = { actor, wallMs, hybridTime: hybridTimeOf(wallMs) };
    return versioning.encode(
      versioning.update(versioning.empty, versioning.empty.clock, PAYLOAD, mint),
    );
  };

  test("is refused where its time is further ahead than the skew alarm's bound, and taken once clocks have come near", async () => {
    const world = await worldOf(mode);
    const wallMs = world.clock.wallMs();
    const future = writtenAt(wallMs + 3_600_000);
    await expectRefused(
      world,
      [
        ["a", writtenAt(wallMs)],
        ["b", future],
      ],
      /^Cannot take the row of key 62: it was written 3600000 ms ahead of this node's clock, and at most 500 is allowed \(clockSkewMaxMs\)$/,
    );
    world.clock.setWallOffset(3_600_000 - SKEW_MAX_MS);
    expect((await post(world, [["b", future]])).status).toBe(204);
    await world.pass(SKEW_MAX_MS + 1);
    expect(await world.write("n1", "b", "after")).toBe(204);
    expect((await world.read("n1", "b")).values).toEqual(["after"]);
    expect(await world.status("n1")).toMatchObject({ clockSkew: { alarms: 0 } });
  });

  test("may be ahead by the bound, and by no millisecond more", async () => {
    const world = await worldOf(mode);
    const wallMs = world.clock.wallMs();
    const beyond = writtenAt(wallMs + SKEW_MAX_MS + 1);
    await expectRefused(world, [["a", beyond]], / 501 ms ahead /);
    expect((await post(world, [["a", writtenAt(wallMs + SKEW_MAX_MS)]])).status).toBe(204);
  });
});
