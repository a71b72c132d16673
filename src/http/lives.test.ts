import { describe, expect, test } from "vitest";
import { fromBase64url, toBase64url, utf8Bytes } from "../base/bytes.ts";
import { macKeyOf, openContext } from "../causality/context-token.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

/*
 * Aim: the kv679 family (riak_kv #679; K-6, K-7). A node comes back with less than it had, and writes: what was acknowledged before and
 * what is acknowledged now must both be there. Each scenario is made the worst one that can be: the node has minted in the row, its
 * peers have the write, it has not, and it stopped in order, so that all that can tell it is itself and its peers.
 */

const NAMES = ["n1", "n2", "n3"] as const;

class Lives {
  readonly world = new ClusterWorld(3, { w: 2, r: 2, retryDownMs: 100 });
  readonly engines = new Map<string, KeptEngine>();

  static async start(): Promise<Lives> {
    const lives = new Lives();
    for (const name of NAMES) await lives.begin(name, new KeptEngine());
    // A life is told of with the first connections.
    for (const name of NAMES) await lives.world.write(name, "first", name);
    await lives.world.pass(50);
    return lives;
  }

  async begin(name: string, engine: KeptEngine = this.engineOf(name)): Promise<void> {
    this.engines.set(name, engine);
    await this.world.startNode(name, engine);
  }

  async stop(name: string): Promise<void> {
    await this.world.drive(this.world.at(name).node.stop());
    this.world.nodes.delete(name);
  }

  async restart(name: string): Promise<void> {
    await this.stop(name);
    await this.begin(name);
  }

  /** Restarts the node, and gives a copy of its data as they were in between. */
  async backedUp(name: string): Promise<KeptEngine> {
    await this.stop(name);
    const backup = await this.engineOf(name).copy();
    await this.begin(name);
    return backup;
  }

  engineOf(name: string): KeptEngine {
    const engine = this.engines.get(name);
    if (engine === undefined) throw new Error(`Cannot find the data of ${name}`);
    return engine;
  }

  async incarnation(name: string): Promise<string> {
    return (await this.world.status(name)).incarnation;
  }

  /** Writes to `k` through n1, blind, so that every value stays. */
  async write(value: string): Promise<void> {
    expect(await this.world.write("n1", "k", value)).toBe(204);
    await this.world.pass(20);
  }

  /** Writes to `k` over what the context covers. Gives the context after that, without the repairs that a read would begin. */
  async overwrite(name: string, body: string, context: string): Promise<string> {
    const path = `/kv64/${toBase64url(utf8Bytes("k"))}`;
    const options = { body, context };
    const answer = await this.world.request(name, "PUT", `${path}?return=siblings`, options);
    expect(answer.status).toBe(200);
    return answer.headers["x-dynamo-context"] ?? "";
  }

  /** What all three replicas hold of `k` after read repair. */
  async everywhere(): Promise<readonly string[]> {
    await this.world.read("n2", "k", "?r=3");
    await this.world.pass(300);
    return (await this.world.read("n3", "k", "?r=3")).values;
  }

  async clockLength(): Promise<number> {
    const { context } = await this.world.read("n2", "k", "?r=3");
    const { mode, actors } = versioningFor("dvvset");
    const token = fromBase64url(context) ?? new Uint8Array(0);
    const about = { clusterId: "world", key: utf8Bytes("k"), mode, actors };
    return openContext(token, about, macKeyOf("a secret of this test", "world")).size;
  }
}

describe("an incarnation goes on", () => {
  test("over a thousand restarts in order, and the clock of a busy key has at most N entries", async () => {
    const lives = await Lives.start();
    const before = await Promise.all(NAMES.map((name) => lives.incarnation(name)));
    let context = "";
    for (let round = 0; round < 334; round += 1) {
      for (const name of NAMES) context = await lives.overwrite(name, `${name} ${round}`, context);
      await Promise.all(NAMES.map((name) => lives.restart(name)));
    }
    await lives.world.pass(600);
    expect(await lives.clockLength()).toBeLessThanOrEqual(3);
    expect(await lives.everywhere()).toEqual(["n3 333"]);
    expect(await Promise.all(NAMES.map((name) => lives.incarnation(name)))).toEqual(before);
  }, 120_000);

  test("D-4.4-11 and every dot is a new one: what is deleted and created again is not taken for known", async () => {
    const lives = await Lives.start();
    await lives.write("first life");
    const { context } = await lives.world.read("n1", "k");
    const path = `/kv64/${toBase64url(utf8Bytes("k"))}`;
    expect((await lives.world.request("n1", "DELETE", path, { context })).status).toBe(204);
    const incarnation = await lives.incarnation("n1");
    await lives.restart("n1");
    expect(await lives.incarnation("n1")).toBe(incarnation);
    await lives.write("created again");
    // A late write of who knew only the first must not undo it, and not be undone.
    expect(await lives.world.write("n2", "k", "late", context)).toBe(204);
    await lives.world.pass(300);
    expect(await lives.everywhere()).toEqual(["created again", "late"]);
  });

  test("when all nodes start in the same moment", async () => {
    const lives = await Lives.start();
    const before = await Promise.all(NAMES.map((name) => lives.incarnation(name)));
    for (const name of NAMES) await lives.stop(name);
    await Promise.all(NAMES.map((name) => lives.begin(name)));
    expect(await Promise.all(NAMES.map((name) => lives.incarnation(name)))).toEqual(before);
  });
});

describe("D-4.4-11, K-6 an incarnation is replaced, and nothing acknowledged is lost", () => {
  /** Each gives n1 the data it comes back with, once its peers have the write "forgotten" and these data have not. */
  const scenarios: readonly (readonly [string, (lives: Lives) => Promise<KeptEngine>])[] = [
    [
      "after a wipe",
      async (lives) => {
        await lives.write("forgotten");
        await lives.stop("n1");
        return new KeptEngine();
      },
    ],
    [
      "after a crash that took what was not flushed",
      async (lives) => {
        const flushed = await lives.engineOf("n1").copy();
        await lives.write("forgotten");
        await lives.stop("n1");
        return flushed;
      },
    ],
    [
      "of a backup that was taken while the node was stopped",
      async (lives) => {
        const backup = await lives.backedUp("n1");
        await lives.write("forgotten");
        await lives.stop("n1");
        return backup;
      },
    ],
    [
      "of such a backup, though the later life was a fresh one",
      async (lives) => {
        const backup = await lives.backedUp("n1");
        await lives.write("forgotten");
        await lives.stop("n1");
        // A crash in between: the peers know another incarnation by now.
        const running = JSON.stringify({ format: 2 });
        await lives
          .engineOf("n1")
          .write([{ table: "incarnations", key: Buffer.from("n1"), value: Buffer.from(running) }]);
        await lives.begin("n1");
        await lives.write("forgotten too");
        await lives.stop("n1");
        return backup;
      },
    ],
    [
      "where one peer alone remembers, the other was wiped",
      async (lives) => {
        const backup = await lives.backedUp("n1");
        await lives.write("forgotten");
        await lives.stop("n1");
        await lives.stop("n2");
        await lives.begin("n2", new KeptEngine());
        return backup;
      },
    ],
  ];

  test.each(scenarios)("%s", async (_what, comesBackWith) => {
    const lives = await Lives.start();
    await lives.write("kept");
    const before = await lives.incarnation("n1");
    const data = await comesBackWith(lives);
    // Whoever reads would repair the row first.
    await lives.begin("n1", data);
    expect(await lives.incarnation("n1")).not.toBe(before);
    await lives.write("after");
    const values = await lives.everywhere();
    expect(values).toEqual(expect.arrayContaining(["kept", "forgotten", "after"]));
    // And the clock is none the wiser about it: a restart in order goes on from here.
    const fresh = await lives.incarnation("n1");
    await lives.restart("n1");
    expect(await lives.incarnation("n1")).toBe(fresh);
  });

  test("where a peer is away, after a bounded wait", async () => {
    const lives = await Lives.start();
    const before = await lives.incarnation("n1");
    await lives.stop("n3");
    const startMs = lives.world.clock.monotonicMs();
    await lives.restart("n1");
    expect(lives.world.clock.monotonicMs() - startMs).toBeLessThan(2_500);
    expect(await lives.incarnation("n1")).not.toBe(before);
  });

  test("K-7 of one of two copies of a stopped node at least", async () => {
    const lives = await Lives.start();
    const before = await lives.incarnation("n1");
    const copy = await lives.backedUp("n1");
    expect(await lives.incarnation("n1")).toBe(before);
    await lives.stop("n1");
    await lives.begin("n1", copy);
    expect(await lives.incarnation("n1")).not.toBe(before);
  });

  test("after a life that lost a write", async () => {
    const lives = await Lives.start();
    const before = await lives.incarnation("n1");
    lives.engineOf("n1").failNext();
    await lives.world.write("n1", "k", "lost here");
    await lives.restart("n1");
    expect(await lives.incarnation("n1")).not.toBe(before);
  });
});

test("a damaged copy is an error and no absence, and a read repairs it", async () => {
  const lives = await Lives.start();
  await lives.write("v");
  await lives.engineOf("n1").damage("records");
  await lives.engineOf("n2").damage("records");
  expect((await lives.world.read("n1", "k", "?r=2")).status).toBe(503);
  await lives.world.pass(300);
  expect((await lives.world.read("n1", "k", "?r=3")).values).toEqual(["v"]);
});
