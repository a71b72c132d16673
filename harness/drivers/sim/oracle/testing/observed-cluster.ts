import { fromBase64url } from "../../../../../src/base/bytes.ts";
import { ContextError, macKeyOf, openContext } from "../../../../../src/causality/context-token.ts";
import type { Clock, VersioningMode } from "../../../../../src/causality/versioning.ts";
import { versioningFor } from "../../../../../src/causality/versioning-for.ts";
import type { Clock as EnvironmentClock } from "../../../../../src/env/clock.ts";
import type { HttpHandler, HttpRequest } from "../../../../../src/http/exchange.ts";
import { keyOfPath } from "../../../../../src/http/key-path.ts";
import { ClusterWorld } from "../../../../../src/http/testing/cluster-world.ts";
import { encodePayload, TOMBSTONE_PAYLOAD } from "../../../../../src/protocol/payload.ts";
import type { Engine, Write } from "../../../../../src/storage/engine.ts";
import { MemoryEngine } from "../../../../../src/storage/memory-engine.ts";
import type { WorldObserver } from "../../observer.ts";
import { Oracle } from "../oracle.ts";

export interface ObservedCluster {
  readonly world: ClusterWorld;
  readonly oracle: Oracle;
  /** Stops a node, destroys its data and starts it again. */
  readonly wipe: (node: string) => Promise<void>;
}

export interface ObservedOptions {
  /** May change what nodes write. */
  readonly meddle?: Meddle;
  /** As of OracleParts. */
  readonly lossless?: boolean;
}

/** Five real nodes in memory whose every row and answer an oracle sees. */
export async function observedCluster(
  mode: VersioningMode,
  { meddle = keep, lossless = true }: ObservedOptions = {},
): Promise<ObservedCluster> {
  const world = new ClusterWorld(5, { versioning: mode });
  const oracle = new Oracle({
    nowMs: () => world.clock.monotonicMs(),
    versioning: versioningFor(mode),
    openContext: (key, token) => open(mode, key, token),
    nodes: world.names,
    n: 3,
    synced: true,
    lossless,
    nodesDestroyed: 0,
    destroyed: new Set(),
    bounds: {
      ownDiskMs: 100,
      hedgeMs: 100,
      readAnswerMs: 50,
      writeAnswerMs: 100,
      mintedLateMs: Number.POSITIVE_INFINITY,
      ownersCoordinate: true,
      settleMs: 1_000,
      silenceMs: 1_500,
    },
    isCalm: () => false,
    preferenceList: (key) => world.preferenceList(Buffer.from(key).toString()),
  });
  const ids = { next: 0 };
  const start = async (name: string): Promise<void> => {
    await world.startNode(
      name,
      new ObservedEngine(name, { clock: world.clock, observer: oracle, meddle }),
    );
    const started = world.at(name);
    const handler = observedHandler(name, { oracle, ids, handler: started.handler });
    world.nodes.set(name, { ...started, handler });
  };
  const wipe = async (name: string): Promise<void> => {
    await world.drive(world.at(name).node.stop());
    oracle.rowsReplaced(name, []);
    await start(name);
  };
  for (const name of world.names) await start(name);
  return { world, oracle, wipe };
}

/** What a node's engine really stores of what it is given. */
export type Meddle = (node: string, write: Write) => Write | undefined;

const keep: Meddle = (_node, write) => write;

interface EngineParts {
  readonly clock: EnvironmentClock;
  readonly observer: WorldObserver;
  readonly meddle: Meddle;
}

/** A memory engine with the manners of a disk, which tells an observer. */
class ObservedEngine implements Engine {
  readonly name = "memory";
  readonly synced = false;
  readonly ordered = true;
  readonly #node: string;
  readonly #observer: WorldObserver;
  readonly #meddle: Meddle;
  readonly #clock: EnvironmentClock;
  /** From the write to the moment it is durable, with some nodes slower than the network. */
  readonly #diskMs: number;
  readonly #inner = new MemoryEngine();

  constructor(node: string, { clock, observer, meddle }: EngineParts) {
    this.#node = node;
    this.#clock = clock;
    this.#diskMs = 1 + 3 * Number.parseInt(node.slice(1), 10);
    this.#observer = observer;
    this.#meddle = meddle;
  }

  get(...args: Parameters<Engine["get"]>): ReturnType<Engine["get"]> {
    this.#observer.rowRead(this.#node, ...args);
    return this.#inner.get(...args);
  }

  scan(...args: Parameters<Engine["scan"]>): ReturnType<Engine["scan"]> {
    return this.#inner.scan(...args);
  }

  count(...args: Parameters<Engine["count"]>): ReturnType<Engine["count"]> {
    return this.#inner.count(...args);
  }

  async write(writes: readonly Write[]): Promise<void> {
    const stored = writes.flatMap((write) => this.#meddle(this.#node, write) ?? []);
    const done = this.#inner.write(stored);
    this.#observer.rowsWritten(this.#node, stored);
    await done;
    await new Promise<void>((resolve) => this.#clock.setTimer(this.#diskMs, resolve));
    this.#observer.rowsDurable(this.#node, stored);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

interface Watched {
  readonly oracle: Oracle;
  /** Counts requests of the whole cluster. */
  readonly ids: { next: number };
  readonly handler: HttpHandler;
}

function observedHandler(node: string, { oracle, ids, handler }: Watched): HttpHandler {
  return async (request) => {
    const key = keyOfPath(request.path);
    const { method, headers, query } = request;
    if (key === undefined || (method !== "GET" && method !== "PUT" && method !== "DELETE")) {
      return handler(request);
    }
    const id = ids.next;
    ids.next += 1;
    oracle.clientAsked({
      id,
      node,
      method,
      key,
      context: headers["x-dynamo-context"] ?? "",
      payload: payloadOf(request),
      quorum: Number(query.get(method === "GET" ? "r" : "w") ?? 2),
      strict: query.get("quorum") === "strict",
      timeoutMs: 1_000,
    });
    const response = await handler(request);
    oracle.clientAnswered(id, response);
    return response;
  };
}

function payloadOf({ method, headers, body }: HttpRequest): Uint8Array | undefined {
  if (method === "GET") return undefined;
  return encodePayload(
    method === "DELETE"
      ? TOMBSTONE_PAYLOAD
      : { contentType: headers["content-type"] ?? "", tombstone: false, bytes: body },
  );
}

function open(mode: VersioningMode, key: Uint8Array, token: string): Clock | undefined {
  const bytes = fromBase64url(token);
  try {
    return bytes && openContext(bytes, { clusterId: "world", key, mode }, MAC_KEY);
  } catch (error) {
    if (error instanceof ContextError) return undefined;
    throw error;
  }
}

const MAC_KEY = macKeyOf("a secret of this test", "world");
