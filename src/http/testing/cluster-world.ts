import { toBase64url, utf8Bytes } from "../../base/bytes.ts";
import { nodeId } from "../../base/ids.ts";
import { ManualClock } from "../../env/testing/manual-clock.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import type { NodeConfiguration } from "../../node/configuration.ts";
import { DynamoNode } from "../../node/node.ts";
import { parseConfiguration } from "../../node/parse-configuration.ts";
import { eventLoopTurn } from "../../platform/testing/event-loop-turn.ts";
import type { RingStamp } from "../../ring/ring.ts";
import { MemoryNetwork } from "../../rpc/testing/memory-transport.ts";
import type { Engine } from "../../storage/engine.ts";
import { MemoryEngine } from "../../storage/memory-engine.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../exchange.ts";
import { nodeHandler } from "../node-handler.ts";

const STEPS_MAX = 100_000;

export interface WorldNode {
  readonly node: DynamoNode;
  readonly handler: HttpHandler;
  readonly engine: Engine;
  readonly environment: ReturnType<typeof quietEnvironment<ManualClock>>;
}

/** A whole cluster in one process on a clock that stands still and a network in memory, driven step by step. */
export class ClusterWorld {
  readonly clock = new ManualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly nodes = new Map<string, WorldNode>();
  readonly names: readonly string[];
  /** Every place for a node: those of `names`, which the cluster begins with, and others that may join. */
  readonly places: readonly string[];
  readonly #settings: Partial<Record<keyof NodeConfiguration, unknown>>;
  #starts = 0;

  constructor(
    count: number,
    settings: Partial<Record<keyof NodeConfiguration, unknown>> = {},
    otherPlaces = 0,
  ) {
    const names = Array.from({ length: count + otherPlaces }, (_, at) => `n${at + 1}`);
    this.names = names.slice(0, count);
    this.places = names;
    this.#settings = settings;
  }

  static async start(
    count: number,
    settings: Partial<Record<keyof NodeConfiguration, unknown>> = {},
    otherPlaces = 0,
  ): Promise<ClusterWorld> {
    const world = new ClusterWorld(count, settings, otherPlaces);
    for (const name of world.names) await world.startNode(name, new MemoryEngine());
    return world;
  }

  async startNode(name: string, engine: Engine): Promise<void> {
    this.#starts += 1;
    const configuration = parseConfiguration({
      nodeId: name,
      clusterId: "world",
      clusterSecret: "a secret of this test",
      httpAddress: "127.0.0.1:1",
      rpcAddress: address(name),
      members: this.names.map(memberOfPlace),
      routes: Object.fromEntries(this.places.map((peer) => [peer, this.link(name, peer)])),
      engine: "memory",
      dataFolder: "unused",
      partitions: 64,
      gossipMs: 0,
      testFaults: true,
      ...this.#settings,
    });
    const environment = quietEnvironment(this.clock, 1_000 + this.#starts);
    const node = await this.drive(
      DynamoNode.start(
        { ...environment, transport: this.network, wallShift: this.clock },
        { configuration, engine },
      ),
    );
    const handler = nodeHandler(environment, node, async () => "");
    this.nodes.set(name, { node, handler, engine, environment });
  }

  /** The address under which one node dials another: a link of their own. */
  link(from: string, to: string): string {
    const alias = `${from}-${to}.link:1`;
    this.network.routes.set(alias, address(to));
    return alias;
  }

  /** `to` does not hear `from`: neither its requests nor its replies. */
  cut(from: string, to: string): void {
    this.network.blackHole(this.link(from, to), "upstream");
    const back = this.link(to, from);
    this.network.blackHole(back, "downstream");
  }

  /** No bytes pass between the two groups, in either direction. */
  partition(left: readonly string[], right: readonly string[]): void {
    for (const a of left) {
      for (const b of right) {
        this.network.blackHole(this.link(a, b));
        this.network.blackHole(this.link(b, a));
      }
    }
  }

  heal(): void {
    for (const a of this.places) {
      for (const b of this.places) if (a !== b) this.network.heal(this.link(a, b));
    }
  }

  async request(
    name: string,
    method: string,
    path: string,
    options: {
      readonly body?: string | Uint8Array;
      readonly context?: string;
      readonly accept?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<HttpResponse> {
    const [bare, queryText] = path.split("?");
    const { body = "" } = options;
    const request: HttpRequest = {
      method,
      path: bare ?? "",
      query: new URLSearchParams(queryText ?? ""),
      headers: {
        accept: options.accept ?? "application/json",
        "content-type": "text/plain",
        "x-dynamo-context": options.context,
        ...options.headers,
      },
      body: typeof body === "string" ? utf8Bytes(body) : body,
    };
    return this.drive(this.at(name).handler(request));
  }

  /** Values and context of a read, through one node. */
  async read(
    name: string,
    key: string,
    query = "",
  ): Promise<{ status: number; values: string[]; context: string }> {
    const response = await this.request(name, "GET", `${keyPath(key)}${query}`);
    const context = response.headers["x-dynamo-context"] ?? "";
    const text = Buffer.from(response.body).toString();
    if (response.status !== 300) {
      return { status: response.status, values: response.status === 200 ? [text] : [], context };
    }
    const { siblings } = JSON.parse(text) as { siblings: { value: string }[] };
    const values = siblings.map(({ value }) => Buffer.from(value, "base64").toString());
    return { status: 300, values: values.sort(), context };
  }

  async write(name: string, key: string, body: string, context = "", query = ""): Promise<number> {
    const response = await this.request(name, "PUT", `${keyPath(key)}${query}`, { body, context });
    return response.status;
  }

  /** What a node itself holds of a key. */
  async own(name: string, key: string): Promise<{ digest: string | null; versions: number }> {
    const path = `/admin/replica/${toBase64url(utf8Bytes(key))}`;
    const response = await this.request(name, "GET", path);
    return JSON.parse(Buffer.from(response.body).toString());
  }

  async status(name: string): Promise<{ hints: number; suspected: string[]; incarnation: string }> {
    const response = await this.request(name, "GET", "/admin/status");
    return JSON.parse(Buffer.from(response.body).toString());
  }

  /** The key's nodes in ring order, the first N of them its primaries. */
  preferenceList(key: string): readonly string[] {
    return this.at(this.names[0] ?? "")
      .node.ring()
      .preferenceList(utf8Bytes(key));
  }

  /** Of the ring that the first node goes by. */
  ringStamp(): RingStamp {
    const [first] = this.nodes.values();
    if (first === undefined) throw new Error("Cannot tell the ring: no node was started");
    return first.node.ring().stamp;
  }

  at(name: string): WorldNode {
    const found = this.nodes.get(nodeId(name));
    if (found === undefined) throw new Error(`Cannot find node ${name}`);
    return found;
  }

  /** Lets time pass, by the millisecond, until the promise settles. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    for (let steps = 0; !settled; steps++) {
      if (steps > STEPS_MAX) throw new Error(`Cannot drive: not settled after ${STEPS_MAX} ms`);
      await this.#turn();
      if (!settled) this.clock.advance(1);
    }
    return promise;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      this.clock.advance(1);
      await this.#turn();
    }
  }

  /** Runs what is due and every reaction to it. */
  async #turn(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      this.clock.settle();
      await eventLoopTurn();
    }
  }
}

/** Where a node says that it is. */
export function memberOfPlace(name: string): object {
  return { id: name, address: address(name), clientUrl: clientUrl(name) };
}

/** Under which `WorldCaller` reaches a node. */
export function clientUrl(name: string): string {
  return `http://${name}.client`;
}

function address(name: string): string {
  return `${name}.node:1`;
}

function keyPath(key: string): string {
  return `/kv64/${toBase64url(utf8Bytes(key))}`;
}
