import { missingField, proxyAlreadyExists, proxyNotFound } from "./api-error.ts";
import type { ProxyAddresses, ProxyParts } from "./tcp-proxy.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** A wished proxy, as a request describes it. */
export interface ProxyWish extends ProxyAddresses {
  readonly name: string;
  readonly enabled: boolean;
}

/** The proxies of one server, by name. Callers see to it that changes do not overlap. */
export class ProxyCollection {
  readonly #parts: ProxyParts;
  readonly #proxies = new Map<string, TcpProxy>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** All proxies in the order of their names. */
  list(): readonly TcpProxy[] {
    return [...this.#proxies.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** @throws ApiError 404 */
  get(name: string): TcpProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw proxyNotFound();
    return proxy;
  }

  /**
   * @throws ApiError 400 for a missing field, 409 where the name is taken, 500 where it cannot
   * listen.
   */
  async add(wish: ProxyWish): Promise<TcpProxy> {
    requireFields(wish, "");
    if (this.#proxies.has(wish.name)) throw proxyAlreadyExists();
    return this.#create(wish);
  }

  /**
   * Adds proxies, replacing those of the same name that have other addresses. Nothing changes where
   * a field is missing; a proxy that cannot listen stops the rest, and those before it stay.
   *
   * @param onApplied told of each proxy, in order, so that a failure can be answered with what was
   *   done before.
   * @throws ApiError 400 for a missing field, 500 where one cannot listen.
   */
  async populate(
    wishes: readonly ProxyWish[],
    onApplied: (proxy: TcpProxy) => void,
  ): Promise<void> {
    for (const [index, wish] of wishes.entries()) requireFields(wish, ` at proxy ${index + 1}`);
    for (const wish of wishes) {
      const existing = this.#proxies.get(wish.name);
      if (existing !== undefined && !(await existing.differs(wish))) {
        onApplied(existing);
        continue;
      }
      await existing?.stop();
      onApplied(await this.#create(wish));
    }
  }

  /** @throws ApiError 404 */
  async remove(name: string): Promise<void> {
    const proxy = this.get(name);
    await proxy.stop();
    this.#proxies.delete(name);
    this.#parts.metrics.forget(name);
  }

  /**
   * Enables every proxy and removes every toxic.
   *
   * @throws ApiError 500 where one cannot listen.
   */
  async reset(): Promise<void> {
    for (const proxy of this.#proxies.values()) {
      await proxy.start();
      await proxy.toxics.reset();
    }
  }

  /** Removes every proxy. */
  async clear(): Promise<void> {
    await Promise.all([...this.#proxies.keys()].map((name) => this.remove(name)));
  }

  async #create(wish: ProxyWish): Promise<TcpProxy> {
    const proxy = new TcpProxy(this.#parts, wish);
    if (wish.enabled) await proxy.start();
    this.#proxies.set(wish.name, proxy);
    return proxy;
  }
}

function requireFields(wish: ProxyWish, where: string): void {
  if (wish.name === "") throw missingField(`name${where}`);
  if (wish.upstream === "") throw missingField(`upstream${where}`);
}
