import { utf8Bytes } from "../../base/bytes.ts";
import { SeededRandom } from "../../base/seeded-random.ts";
import { RingsideClient } from "../../client/ringside-client.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { clientUrl } from "./cluster-world.ts";
import { WorldCaller } from "./world-caller.ts";

/** Clients of a world that add items to shared carts all the while, each by a read, a union and a write with the read's context. */
export class AddingClients {
  readonly http: WorldCaller;
  readonly keys: readonly string[];
  /** By key. */
  readonly acknowledged = new Map<string, string[]>();
  /** Codes of the adds that failed, for certain or in doubt. */
  readonly failures: string[] = [];
  readonly latenciesMs: number[] = [];
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #clients: readonly RingsideClient[];
  #isOn = true;
  #count = 0;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(world: ClusterWorld, { clientCount = 6, keyCount = 40, seed = 0 } = {}) {
    this.#world = world;
    this.http = new WorldCaller(world);
    this.#random = new SeededRandom(seed);
    this.keys = Array.from({ length: keyCount }, (_, number) => `cart ${number}`);
    const { clock } = world;
    this.#clients = Array.from({ length: clientCount }, (_, at) => {
      const random = new SeededRandom(`client ${at} of seed ${seed}`);
      const endpoints = world.names.map(clientUrl);
      return new RingsideClient({ clock, random, http: this.http }, { endpoints });
    });
  }

  start(): void {
    this.#loops = Promise.all(this.#clients.map((client) => this.#addAllTheWhile(client)));
  }

  /** Resolves when no add is under way. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#world.drive(this.#loops);
  }

  get acknowledgedCount(): number {
    return [...this.acknowledged.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Acknowledged items that R replicas, asked through this node, do not have. */
  async lost(name: string, r = 3): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const [key, items] of this.acknowledged) {
      const { values } = await this.#world.read(name, key, `?r=${r}`);
      const present = new Set(values.flatMap((value) => value.split(" ")));
      lost.push(...items.filter((item) => !present.has(item)));
    }
    return lost;
  }

  async #addAllTheWhile(client: RingsideClient): Promise<void> {
    const { clock } = this.#world;
    while (this.#isOn) {
      const startMs = clock.monotonicMs();
      await this.#add(client);
      this.latenciesMs.push(clock.monotonicMs() - startMs);
      await new Promise<void>((resolve) => {
        clock.setTimer(20 + this.#random.integer(60), resolve);
      });
    }
  }

  async #add(client: RingsideClient): Promise<void> {
    const key = this.#random.pick(this.keys);
    const item = `${this.#count++}`;
    try {
      const { siblings, context } = await client.get(utf8Bytes(key));
      const items = siblings.flatMap(({ bytes }) => Buffer.from(bytes).toString().split(" "));
      const value = utf8Bytes([...new Set([...items, item])].join(" "));
      await client.put(utf8Bytes(key), value, context === "" ? {} : { context });
      const known = this.acknowledged.get(key);
      if (known === undefined) this.acknowledged.set(key, [item]);
      else known.push(item);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failures.push("code" in error ? String(error.code) : error.message);
    }
  }
}
