import fc from "fast-check";
import { expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { byteString } from "../storage/byte-strings.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import type { Replica } from "./replica.ts";
import { OTHERS, openReplica, replicaEnvironment } from "./testing/replica-world.ts";

/*
 * Aim: whatever interleaving of calls, finished and lost writes, delivered hints, records coming back from peers (lost
 * ones too: a peer may have seen them) and crashes, no dot names two writes and nothing acknowledged goes missing.
 *
 * Method: a real replica over an engine whose writes end when and how the plan says. Calls are started and not awaited;
 * a step of its own lets the promises run. Everything the replica ever minted may come back by `store`. In the end, and
 * again from what is durable alone, each key must descend from all that was acknowledged, delivered hints aside.
 */
test.each(["dvvset", "merged"] as const)(
  "Replica in mode %s mints no dot twice and loses nothing acknowledged",
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.nat(),
        fc.boolean(),
        async (steps, seed, tellsLate) => {
          const world = new World(versioningFor(mode), { seed, tellsLate });
          await world.start();
          for (const current of steps) {
            await world.take(current);
          }
          await world.finish();
        },
      ),
      { numRuns: 400, interruptAfterTimeLimit: 10_000 },
    );
  },
);

/*
 * The same for clocks that are cut after every other write: what they forgot must not be minted again. A record then no longer
 * descends from all that it replaced, so what is left in the end is not compared.
 */
test.each(["merged", "vector-clock-max"] as const)(
  "Replica in mode %s with truncated clocks mints no dot twice",
  async (mode) => {
    const truncation = { rule: "exceeds", entriesMax: 2 } as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.nat(),
        async (steps, seed) => {
          const world = new World(versioningFor(mode, { truncation }), { seed, tellsLate: false });
          await world.start();
          for (const current of steps) {
            await world.take(current);
          }
        },
      ),
      { numRuns: 400, interruptAfterTimeLimit: 10_000 },
    );
  },
);

const KEYS = [Buffer.from("a"), Buffer.from("b")] as const;
const key = fc.constantFrom(...KEYS);
const owner = fc.constantFrom(undefined, undefined, ...OTHERS);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("mint" as const), key, owner, blind: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("store" as const), key, owner, pick: fc.nat() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("peer" as const), key, owner, pick: fc.nat() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      owner: fc.constantFrom(...OTHERS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("run" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class World {
  readonly #plain: Versioning;
  readonly #env;
  readonly #dots = new Set<string>();
  /** Records that peers may know, by key. */
  readonly #known = new Map<string, Uint8Array[]>();
  readonly #acknowledged = new Map<string, Uint8Array[]>();
  readonly #delivered = new Map<string, Uint8Array[]>();
  readonly #tellsLate: boolean;
  #engine: SlowEngine;
  #replica: Replica | undefined;
  #life = 0;
  #calls: Promise<void>[] = [];
  #payloads = 0;

  constructor(
    versioning: Versioning,
    { seed, tellsLate }: { readonly seed: number; readonly tellsLate: boolean },
  ) {
    this.#tellsLate = tellsLate;
    this.#engine = new SlowEngine({ tellsLate });
    this.#plain = versioning;
    this.#env = replicaEnvironment(seed);
  }

  async start(): Promise<void> {
    this.#replica = await openReplica(this.#engine, this.#watched(this.#life), this.#env);
  }

  /** Notes every dot. The key is not told to `update`, but each payload names the one it belongs to. */
  #watched(life: number): Versioning {
    const versioning = this.#plain;
    return {
      ...versioning,
      empty: versioning.empty,
      update: (stored, context, payload, mint) => {
        const updated = versioning.update(stored, context, payload, mint);
        const key = Buffer.from(payload).toString().split(":")[0];
        const dot = `${key} ${mint.actor} ${updated.clock.get(mint.actor)}`;
        // What a crashed replica does afterwards, on rows that the next life changes, never happened.
        if (life === this.#life) {
          expect(this.#dots.has(dot), `${dot} is minted twice`).toBe(false);
          this.#dots.add(dot);
        }
        return updated;
      },
    };
  }

  async take(current: Step): Promise<void> {
    switch (current.kind) {
      case "mint":
        return this.#call((replica) =>
          this.#mint(replica, current.key, current.owner, current.blind),
        );
      case "store": {
        const known = this.#known.get(byteString(current.key)) ?? [];
        const record = known[current.pick % Math.max(1, known.length)];
        if (record !== undefined) {
          this.#call((replica) => this.#store(replica, current.key, record, current.owner));
        }
        return;
      }
      case "peer": {
        const record = this.#peerWrite(current.key, current.pick);
        return this.#call((replica) => this.#store(replica, current.key, record, current.owner));
      }
      case "deliver":
        return this.#call((replica) => this.#deliver(replica, current.owner));
      case "finish":
      case "fail":
        for (let index = 0; index < current.count; index += 1) {
          // Not awaited, so that what follows meets the moment between the engine's change and its promise.
          void this.#engine.finishOne(current.kind === "finish" ? "stored" : "failed");
        }
        return;
      case "run":
        return turn();
      case "crash":
        this.#life += 1;
        this.#engine = new SlowEngine({
          tellsLate: this.#tellsLate,
          durable: this.#engine.durable,
        });
        this.#calls = [];
        return this.start();
    }
  }

  /** Lets all calls end, then holds the replica, and another one on what is durable, against the books. */
  async finish(): Promise<void> {
    const calls = Promise.all(this.#calls);
    let done = false;
    void calls.then(() => {
      done = true;
    });
    while (!done) {
      await this.#engine.finishOne("stored");
      await turn();
    }
    await calls;
    expect(this.#engine.waiting).toBe(0);
    await this.#check(this.#engine, this.#replica);
    const reopened = await openReplica(this.#engine.durable, this.#plain);
    await this.#check(this.#engine.durable, reopened);
  }

  async #check(engine: Pick<SlowEngine, "scan">, replica: Replica | undefined): Promise<void> {
    for (const key of KEYS) {
      const text = byteString(key);
      const record = await replica?.read(key);
      let held = record === undefined ? this.#plain.empty : this.#plain.decode(record);
      for (const delivered of this.#delivered.get(text) ?? []) {
        held = this.#plain.merge(held, this.#plain.decode(delivered));
      }
      for (const acknowledged of this.#acknowledged.get(text) ?? []) {
        expect(
          this.#plain.descends(held, this.#plain.decode(acknowledged)),
          "an acknowledged write is lost",
        ).toBe(true);
      }
    }
    const rows = await engine.scan("hints", { limit: 100 });
    expect(replica?.hints.count).toBe(rows.length);
    for (const owner of OTHERS) {
      const hints = (await replica?.hints.scan(owner, { limit: 100 })) ?? [];
      expect(replica?.hints.countByOwner.get(owner) ?? 0).toBe(hints.length);
    }
  }

  #call(begin: (replica: Replica) => Promise<void>): void {
    if (this.#replica !== undefined) {
      // A call fails only where the plan lets its write fail; all else must fail the test.
      this.#calls.push(
        begin(this.#replica).catch((error: Error) => {
          if (error.message !== "Cannot write: the test says so") {
            throw error;
          }
        }),
      );
    }
  }

  async #mint(
    replica: Replica,
    key: Uint8Array,
    owner: NodeId | undefined,
    blind: boolean,
  ): Promise<void> {
    const life = this.#life;
    const record = blind ? undefined : await replica.read(key);
    const context: Clock = record === undefined ? new Map() : this.#plain.decode(record).clock;
    this.#payloads += 1;
    const payload = Buffer.from(`${byteString(key)}:${this.#payloads}`);
    const minted = await replica.mint(key, context, payload, owner);
    if (life !== this.#life) {
      return;
    }
    note(this.#known, key, minted.record);
    await minted.stored;
    this.#acknowledge(life, key, minted.record);
  }

  async #store(
    replica: Replica,
    key: Uint8Array,
    record: Uint8Array,
    owner: NodeId | undefined,
  ): Promise<void> {
    const life = this.#life;
    await replica.store(key, record, owner);
    this.#acknowledge(life, key, record);
  }

  async #deliver(replica: Replica, owner: NodeId): Promise<void> {
    for (const hint of await replica.hints.scan(owner, { limit: 1 })) {
      // Its owner has it by now, whatever becomes of the hint.
      note(this.#delivered, hint.key, hint.record);
      await replica.hints.drop(owner, hint.key, hint.record);
    }
  }

  /** A write of another node on top of something it knows. */
  #peerWrite(key: Uint8Array, pick: number): Uint8Array {
    const known = this.#known.get(byteString(key)) ?? [];
    const base = known[pick % (known.length + 1)];
    const held: Siblings = base === undefined ? this.#plain.empty : this.#plain.decode(base);
    this.#payloads += 1;
    const payload = Buffer.from(`${byteString(key)}:${this.#payloads}`);
    const actor = `n9/AAAAAAAAAAA/${this.#payloads.toString(36)}` as Parameters<
      Versioning["update"]
    >[3]["actor"];
    const context = pick % 2 === 0 ? held.clock : new Map();
    const record = this.#plain.encode(
      this.#plain.update(held, context, payload, { actor, wallMs: 1 }),
    );
    note(this.#known, key, record);
    return record;
  }

  #acknowledge(life: number, key: Uint8Array, record: Uint8Array): void {
    // What an earlier life acknowledges after its crash was never sent.
    if (life === this.#life) {
      note(this.#acknowledged, key, record);
    }
  }
}

function note(book: Map<string, Uint8Array[]>, key: Uint8Array, record: Uint8Array): void {
  const text = byteString(key);
  book.set(text, [...(book.get(text) ?? []), record]);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
