import type { Proxy as ClientProxy, Toxic as ClientToxic, ToxicType } from "toxiproxy-node-client";
import { Toxiproxy } from "toxiproxy-node-client";
import {
  controllerError,
  ToxiproxyRequestError,
  ToxiproxyUnreachableError,
} from "./controller-errors.ts";
import type { CarriedBytes } from "./metrics-text.ts";
import { readReceivedBytes } from "./metrics-text.ts";
import { EMBEDDED_MARK } from "./version.ts";

/** A proxy by its name without the prefix. */
export interface ProxySpec {
  readonly name: string;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** `host:port` to dial for each connection. */
  readonly upstream: string;
}

export interface ToxicSpec {
  /** Unique among the toxics of its proxy. */
  readonly name: string;
  readonly type: ToxicType;
  /** Upstream: towards the node. Downstream: towards the caller. */
  readonly stream: "upstream" | "downstream";
  /** Those of Toxiproxy for this type, such as `{ timeout: 0 }`. */
  readonly attributes: Readonly<Record<string, number>>;
  /** Share of connections that it hits, 0 to 1. All unless given. */
  readonly toxicity?: number;
}

export interface ToxiproxyControllerOptions {
  /** Such as `http://127.0.0.1:8474`. */
  readonly url: string;
  /** What the names of all proxies of this controller begin with, such as `ringside-7f3a-`. */
  readonly prefix: string;
}

/** How long one call may take. A server on this machine answers in a millisecond. */
const CALL_TIMEOUT_MS = 15_000;

/**
 * What a name may consist of: toxiproxy-node-client puts it into the path of a URL as it stands.
 */
const NAME = /^[\w.~:@+=,-]+$/;

/**
 * Connects to a Toxiproxy, embedded or real.
 *
 * @throws ToxiproxyUnreachableError where none answers there.
 */
export async function openToxiproxy(
  options: ToxiproxyControllerOptions,
): Promise<ToxiproxyController> {
  const url = options.url.replace(/\/+$/, "");
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new ToxiproxyUnreachableError(
      `Cannot reach Toxiproxy: ${JSON.stringify(options.url)} is no http URL`,
    );
  }
  assertName(options.prefix);
  const client = new Toxiproxy(url);
  const version = await readVersion(client);
  return new ToxiproxyController(client, { prefix: options.prefix, version });
}

/**
 * Drives one Toxiproxy for one run, by its HTTP API alone, so that a real server can take the place
 * of the embedded one.
 *
 * It touches only proxies whose names begin with its prefix, and never calls /reset: a server may
 * be shared. All methods throw ToxiproxyRequestError where the server refuses, and
 * ToxiproxyUnreachableError where it is gone.
 */
export class ToxiproxyController {
  /** Told by the version: only the embedded server's carries a mark. */
  readonly kind: "embedded" | "real";
  readonly #client: Toxiproxy;
  readonly #prefix: string;
  readonly #proxies = new Map<string, ClientProxy>();
  readonly #toxics = new Map<string, ClientToxic<unknown>>();

  constructor(client: Toxiproxy, known: { readonly prefix: string; readonly version: string }) {
    this.#client = client;
    this.#prefix = known.prefix;
    this.kind = known.version.endsWith(EMBEDDED_MARK) ? "embedded" : "real";
  }

  version(): Promise<string> {
    return readVersion(this.#client);
  }

  /**
   * Creates proxies in one request. An existing one with the same name is replaced unless its
   * addresses are the same.
   *
   * @returns the proxies in the same order, with the addresses that they really listen on.
   */
  async createProxies(specs: readonly ProxySpec[]): Promise<readonly ProxySpec[]> {
    for (const { name } of specs) assertName(name);
    const body = specs.map((spec) => ({ ...spec, name: this.#prefix + spec.name, enabled: true }));
    // The client cannot read the answer to an empty list, which is null.
    if (body.length === 0) return [];
    const created = await this.#call(`create ${body.length} proxies`, () =>
      this.#client.populate(body),
    );
    return specs.map(({ name }) => {
      const proxy = created[this.#prefix + name];
      if (proxy === undefined) throw new Error(`Toxiproxy created no proxy ${this.#prefix}${name}`);
      this.#proxies.set(name, proxy);
      return { name, listen: proxy.listen, upstream: proxy.upstream };
    });
  }

  async addToxic(proxyName: string, spec: ToxicSpec): Promise<void> {
    assertName(spec.name);
    const proxy = await this.#proxy(proxyName);
    const toxic = await this.#call(`add toxic ${spec.name} to proxy ${proxy.name}`, () =>
      proxy.addToxic<unknown>({ toxicity: 1, ...spec }),
    );
    this.#toxics.set(toxicKey(proxyName, spec.name), toxic);
  }

  async removeToxic(proxyName: string, toxicName: string): Promise<void> {
    assertName(toxicName);
    const proxy = await this.#proxy(proxyName);
    const key = toxicKey(proxyName, toxicName);
    await this.#call(`remove toxic ${toxicName} from proxy ${proxy.name}`, async () => {
      const toxic = this.#toxics.get(key) ?? (await proxy.getToxic<unknown>(toxicName));
      await toxic.remove();
    });
    this.#toxics.delete(key);
  }

  /**
   * Disabling closes all connections of a proxy and frees its port; enabling takes the same port
   * again.
   */
  async setEnabled(proxyName: string, enabled: boolean): Promise<void> {
    const proxy = await this.#proxy(proxyName);
    const { listen, upstream } = proxy;
    const verb = enabled ? "enable" : "disable";
    const updated = await this.#call(`${verb} proxy ${proxy.name}`, () =>
      proxy.update({ listen, upstream, enabled }),
    );
    this.#proxies.set(proxyName, updated);
  }

  /**
   * How many bytes each proxy has received, from clients (upstream) and from its upstream
   * (downstream). The embedded server counts at once; a real one counts a connection only when it
   * ends.
   *
   * @returns undefined where the server does not serve metrics, as a real one does only when its
   *   flags say so.
   */
  async receivedBytes(): Promise<ReadonlyMap<string, CarriedBytes> | undefined> {
    const text = await this.#metricsText();
    if (text === undefined) return undefined;
    const received = new Map<string, CarriedBytes>();
    for (const name of this.#proxies.keys()) received.set(name, { upstream: 0, downstream: 0 });
    for (const [name, bytes] of readReceivedBytes(text)) {
      if (name.startsWith(this.#prefix)) received.set(name.slice(this.#prefix.length), bytes);
    }
    return received;
  }

  /** The ports on which the server's proxies listen, those of others included. */
  async listenPorts(): Promise<ReadonlySet<number>> {
    const all = await this.#call("list the proxies", () => this.#client.getAll());
    return new Set(Object.values(all).map(({ listen }) => Number(listen.split(":").at(-1))));
  }

  /** Removes every proxy with this controller's prefix, those of an earlier process included. */
  async removeAll(): Promise<void> {
    const all = await this.#call("list the proxies", () => this.#client.getAll());
    const own = Object.values(all).filter(({ name }) => name.startsWith(this.#prefix));
    await Promise.all(own.map((proxy) => this.#removeProxy(proxy)));
    this.#proxies.clear();
    this.#toxics.clear();
  }

  async #removeProxy(proxy: ClientProxy): Promise<void> {
    try {
      await this.#call(`remove proxy ${proxy.name}`, () => proxy.remove());
    } catch (error) {
      // Somebody else has removed it since the proxies were listed, which is what was wanted.
      if (!(error instanceof ToxiproxyRequestError && error.status === 404)) throw error;
    }
  }

  async #proxy(name: string): Promise<ClientProxy> {
    assertName(name);
    const known = this.#proxies.get(name);
    if (known !== undefined) return known;
    const fullName = this.#prefix + name;
    const proxy = await this.#call(`find proxy ${fullName}`, () => this.#client.get(fullName));
    this.#proxies.set(name, proxy);
    return proxy;
  }

  async #metricsText(): Promise<string | undefined> {
    try {
      return await this.#call("read the metrics", () =>
        this.#client.getApi().getText(`${this.#client.host}/metrics`),
      );
    } catch (error) {
      if (error instanceof ToxiproxyRequestError && error.status === 404) return undefined;
      throw error;
    }
  }

  #call<T>(action: string, task: () => Promise<T>): Promise<T> {
    return call({ action, url: this.#client.host }, task);
  }
}

async function readVersion(client: Toxiproxy): Promise<string> {
  const url = client.host;
  const text = await call({ action: "read the version", url }, () => client.getVersion());
  const found = /^\s*\{"version":\s*"([^"]*)"\}\s*$/.exec(text)?.[1];
  if (found === undefined) {
    throw new ToxiproxyUnreachableError(
      `Cannot read the version: what answers at ${url} is no Toxiproxy 2`,
    );
  }
  return found;
}

async function call<T>(
  what: { readonly action: string; readonly url: string },
  task: () => Promise<T>,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${CALL_TIMEOUT_MS} ms`)),
    CALL_TIMEOUT_MS,
  );
  try {
    return await Promise.race([task(), late]);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw controllerError(what.action, what.url, error);
  } finally {
    clearTimeout(timer);
  }
}

function toxicKey(proxyName: string, toxicName: string): string {
  return `${proxyName}/${toxicName}`;
}

function assertName(name: string): void {
  if (!NAME.test(name)) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(name)} as a name: letters, digits and .~:@+=,_- only`,
    );
  }
}
