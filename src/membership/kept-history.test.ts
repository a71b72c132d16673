/* A node's history over lives of the node: what is stored before it counts, and what damage and failures leave. */
import { beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { Engine } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import type { Change } from "./change.ts";
import { changeId, issuerOf } from "./change.ts";
import { encodeChange } from "./change-codec.ts";
import { readChanges } from "./change-rows.ts";
import { KeptHistory } from "./kept-history.ts";
import { lifeOf } from "./testing/change-arbitraries.ts";

const A = nodeId("a");
const B = nodeId("b");
const X = nodeId("x");
const JOIN = { kind: "join", member: { id: X, address: "x:1" } } as const;
const LEAVE = { kind: "leave", node: X } as const;
const REFUSED = "ringside_membership_changes_refused_total";

let clock: ManualClock;
let env: ReturnType<typeof quietEnvironment<ManualClock>>;
let lives = 0;
let growths = 0;

beforeEach(() => {
  clock = new ManualClock();
  env = quietEnvironment(clock);
  lives = 0;
  growths = 0;
});

/** Begins a life of the node. */
function begin(engine: Engine, node = A): Promise<KeptHistory> {
  lives += 1;
  const onChange = () => {
    growths += 1;
  };
  return KeptHistory.open(env, { engine, issuer: issuerOf(node, lifeOf(lives)), onChange });
}

const kindsOf = (history: KeptHistory) => history.inOrder().map(({ what }) => what.kind);
const bytesOf = (...changes: readonly Change[]) => changes.map(encodeChange);

describe("issue()", () => {
  test("D-4.8.1-3 join, leave and join again survive restarts, each with its time of issue", async () => {
    const engine = new KeptEngine();
    const issued: Change[] = [];
    for (const what of [JOIN, LEAVE, JOIN]) {
      const history = await begin(engine);
      issued.push(await history.issue(what));
      clock.advance(1_000);
    }
    const last = await begin(engine);
    expect(last.inOrder()).toEqual(issued);
    expect(issued.map(({ number }) => number)).toEqual([1, 1, 1]);
    expect(new Set(issued.map(({ issuer }) => issuer)).size).toBe(3);
    expect(growths).toBe(3 + 3);
  });

  test("counts once it is stored, and not before", async () => {
    const engine = new SlowEngine();
    const history = await begin(engine);
    const issued = history.issue(JOIN);
    while (engine.waiting === 0) await Promise.resolve();
    expect([history.size, growths]).toEqual([0, 0]);
    await engine.finishOne("stored");
    const change = await issued;
    expect(history.inOrder()).toEqual([change]);
    expect(growths).toBe(1);
    expect((await readChanges(engine.durable)).changes).toEqual([change]);
  });

  test("a change that cannot be stored uses no number up, and those issued at once get one each", async () => {
    const engine = new KeptEngine();
    const history = await begin(engine);
    engine.failNext();
    const outcomes = await Promise.allSettled([JOIN, LEAVE, JOIN].map((it) => history.issue(it)));
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: expect.any(StorageError) });
    expect(history.inOrder().map(({ number }) => number)).toEqual([1, 2]);
    expect(kindsOf(history)).toEqual(["leave", "join"]);
  });

  test("what no other node would read is refused before it is stored", async () => {
    const engine = new KeptEngine();
    const history = await begin(engine);
    const member = { id: X, address: "nowhere" };
    await expect(history.issue({ kind: "join", member })).rejects.toThrow(FormatError);
    expect(await readChanges(engine)).toEqual({ changes: [], damaged: [] });
  });

  test("is refused where there is no later time than one that is known", async () => {
    const engine = new KeptEngine();
    const history = await begin(engine);
    const last = { issuer: issuerOf(B, lifeOf(9)), number: 1, time: Number.MAX_SAFE_INTEGER };
    await history.merge(bytesOf({ ...last, what: JOIN }));
    await expect(history.issue(LEAVE)).rejects.toThrow(RangeError);
    expect([history.size, await engine.count("membership")]).toEqual([1, 1]);
  });

  test.each([3_600_000, -3_600_000])(
    "D-4.8.1-6 a change made in view of another comes after it, with clocks %i ms apart",
    async (offsetMs) => {
      const first = await begin(new KeptEngine());
      const second = await begin(new KeptEngine(), B);
      clock.setWallOffset(offsetMs);
      const join = await first.issue(JOIN);
      clock.setWallOffset(0);
      await second.merge(bytesOf(join));
      const leave = await second.issue(LEAVE);
      clock.setWallOffset(offsetMs);
      await first.merge(bytesOf(leave));
      await first.issue(JOIN);
      expect(kindsOf(first)).toEqual(["join", "leave", "join"]);
    },
  );
});

describe("merge()", () => {
  test("stores what is new before it counts, and the rest not at all", async () => {
    const other = await begin(new KeptEngine(), B);
    const changes = [await other.issue(JOIN), await other.issue(LEAVE)];
    const engine = new SlowEngine();
    const history = await begin(engine);
    const merged = history.merge(bytesOf(...changes));
    while (engine.waiting === 0) await Promise.resolve();
    expect(history.size).toBe(0);
    await engine.finishOne("stored");
    await merged;
    expect(history.inOrder()).toEqual(changes);
    await history.merge(bytesOf(...changes));
    expect(engine.waiting).toBe(0);
  });

  test("what cannot be stored does not count, and is taken when it comes again", async () => {
    const other = await begin(new KeptEngine(), B);
    const join = await other.issue(JOIN);
    const engine = new KeptEngine();
    const history = await begin(engine);
    engine.failNext();
    await expect(history.merge(bytesOf(join))).rejects.toThrow(StorageError);
    expect([history.size, history.vector.size]).toEqual([0, 0]);
    await history.merge(bytesOf(join));
    expect(history.inOrder()).toEqual([join]);
  });

  test("tells of a second change under one id and keeps the first", async () => {
    const history = await begin(new KeptEngine());
    const join = await history.issue(JOIN);
    await history.merge(bytesOf({ ...join, what: LEAVE }));
    expect(history.inOrder()).toEqual([join]);
    expect(env.metrics.valueOf(REFUSED, { reason: "differs" })).toBe(1);
    expect(env.log.lines.at(-1)).toMatchObject({
      level: "error",
      fields: { change: changeId(join), reason: "differs" },
    });
  });

  test("takes nothing of a message with a garbled change", async () => {
    const other = await begin(new KeptEngine(), B);
    const join = await other.issue(JOIN);
    const history = await begin(new KeptEngine());
    await expect(history.merge([...bytesOf(join), Buffer.from("?")])).rejects.toThrow(FormatError);
    expect(history.size).toBe(0);
  });
});

describe("a damaged row", () => {
  test("is told of, leads to no number used twice, and comes back from another node", async () => {
    const engine = new KeptEngine();
    const before = await begin(engine);
    const lost = await before.issue(JOIN);
    await before.issue(LEAVE);
    const other = await begin(new KeptEngine(), B);
    await other.merge(bytesOf(...before.inOrder()));

    engine.damageRow("membership", Buffer.from(`change/${changeId(lost)}`));
    const history = await begin(engine);
    clock.advance(1_000);
    expect(history.size).toBe(0);
    expect(env.metrics.valueOf("ringside_membership_rows_damaged_total")).toBe(1);
    expect(env.log.lines).toContainEqual(
      expect.objectContaining({ level: "error", fields: { damaged: [changeId(lost)] } }),
    );
    const issued = await history.issue(JOIN);
    expect(issued.issuer).not.toBe(lost.issuer);

    await history.merge(other.missingFor(history.vector));
    expect(kindsOf(history)).toEqual(["join", "leave", "join"]);
    const next = await begin(engine);
    expect(next.inOrder()).toEqual(history.inOrder());
  });

  test("is one whose key names another change, or whose bytes are none", async () => {
    const engine = new KeptEngine();
    const join = await (await begin(engine)).issue(JOIN);
    const row = (id: string, value: Uint8Array) =>
      ({ table: "membership", key: Buffer.from(`change/${id}`), value }) as const;
    await engine.write([
      row("elsewhere", encodeChange(join)),
      row("nothing", Buffer.from("?")),
      { table: "membership", key: Buffer.from("other/row"), value: Buffer.from("?") },
    ]);
    expect(await readChanges(engine)).toEqual({
      changes: [join],
      damaged: ["elsewhere", "nothing"],
    });
  });
});

test("a history of thousands of changes is read back whole", async () => {
  const engine = new KeptEngine();
  const history = await begin(engine);
  const all = Array.from({ length: 2_500 }, (_, at) => ({
    issuer: issuerOf(B, lifeOf(9)),
    number: at + 1,
    time: at + 1,
    what: LEAVE,
  }));
  await history.merge(bytesOf(...all));
  expect((await begin(engine)).inOrder()).toEqual(all);
});
