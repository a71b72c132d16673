import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { formatAddress, parseAddress, resolveListenAddress } from "./address.ts";
import { ApiError } from "./api-error.ts";
import { Connection } from "./connection.ts";
import type { Metrics } from "./metrics.ts";
import type { Toxic, ToxicJson } from "./toxic.ts";
import { toxicToJson } from "./toxic.ts";
import { ToxicCollection } from "./toxic-collection.ts";

/** What all proxies of a server share. */
export interface ProxyParts {
  readonly metrics: Metrics;
  /** A number from 0 up to 1, for toxicity, jitter and the sizes of slices. */
  readonly random: () => number;
  /** Where to listen when a proxy's listen address names no host. */
  readonly defaultHost: string;
}

/** The addresses of a proxy as the API writes them. */
export interface ProxyAddresses {
  readonly listen: string;
  readonly upstream: string;
}

/**
 * A proxy in the API's JSON; the order of the keys and the empty `Logger` are those of the real
 * server.
 */
export interface ProxyJson extends ProxyAddresses {
  readonly name: string;
  readonly enabled: boolean;
  readonly Logger: Readonly<Record<string, never>>;
  readonly toxics: readonly ToxicJson[];
}

/** How much a socket may have waiting to be sent before its source is paused, in bytes. */
const HIGH_WATER_MARK_BYTES = 256 * 1024;

const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  highWaterMark: HIGH_WATER_MARK_BYTES,
} as const;

/** Why a listen address could not be taken, in the words of the real server. */
const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};

/** One proxy: listens while enabled, and dials the upstream for every client it accepts. */
export class TcpProxy {
  readonly name: string;
  readonly toxics = new ToxicCollection();
  readonly #parts: ProxyParts;
  readonly #sockets = new Set<Socket>();
  #listen: string;
  #upstream: string;
  #server: Server | undefined;

  constructor(parts: ProxyParts, options: ProxyAddresses & { readonly name: string }) {
    this.#parts = parts;
    this.name = options.name;
    this.#listen = options.listen;
    this.#upstream = options.upstream;
  }

  get enabled(): boolean {
    return this.#server !== undefined;
  }

  get listen(): string {
    return this.#listen;
  }

  get upstream(): string {
    return this.#upstream;
  }

  toJson(): ProxyJson {
    return {
      name: this.name,
      listen: this.#listen,
      upstream: this.#upstream,
      enabled: this.enabled,
      Logger: {},
      toxics: this.toxics.list().map((toxic: Toxic) => toxicToJson(toxic)),
    };
  }

  /**
   * Listens, on a free port where the address says port 0; `listen` then tells the true address.
   * Does nothing when the proxy already listens.
   *
   * @throws ApiError 500 where the address cannot be listened on.
   */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const address = await this.#resolve(this.#listen);
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (client) => {
      this.#accept(client);
    });
    try {
      server.listen(address.port, address.host);
      await once(server, "listening");
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const reason = LISTEN_FAILURES[code] ?? code;
      throw new ApiError(`listen tcp ${formatAddress(address)}: bind: ${reason}`, 500, {
        cause: error,
      });
    }
    // Errors of accepting, such as too many open files, concern one client; the proxy goes on.
    server.on("error", (error) =>
      console.error(`proxy ${this.name}: cannot accept: ${error.message}`),
    );
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("a TCP server has an address");
    this.#listen = formatAddress({ host: bound.address, port: bound.port });
    this.#server = server;
  }

  /**
   * Closes all connections and frees the port before it resolves. Does nothing when the proxy is
   * disabled.
   */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /**
   * Moves the proxy to other addresses, which closes its connections, and enables or disables it.
   *
   * @throws ApiError 500 where the new address cannot be listened on; the proxy is disabled then.
   */
  async update(wished: ProxyAddresses & { readonly enabled: boolean }): Promise<void> {
    if (await this.differs(wished)) {
      await this.stop();
      this.#listen = wished.listen;
      this.#upstream = wished.upstream;
    }
    if (wished.enabled) await this.start();
    else await this.stop();
  }

  /**
   * Whether these are other addresses than the proxy's own. Port 0 always is, as it asks for a new
   * one.
   */
  async differs(wished: ProxyAddresses): Promise<boolean> {
    if (wished.upstream !== this.#upstream) return true;
    if (wished.listen === this.#listen) return false;
    return formatAddress(await this.#resolve(wished.listen)) !== this.#listen;
  }

  async #resolve(listen: string) {
    try {
      return await resolveListenAddress(listen, this.#parts.defaultHost);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(`listen tcp: ${error.message}`, error.status, { cause: error });
    }
  }

  #accept(client: Socket): void {
    this.#track(client);
    const upstream = this.#dial();
    if (upstream === undefined) {
      client.destroy();
      return;
    }
    this.#track(upstream);
    const onFailure = () => client.destroy();
    upstream.once("close", onFailure);
    upstream.once("connect", () => {
      upstream.off("close", onFailure);
      this.#connect(client, upstream);
    });
  }

  /** Undefined where the upstream is no address, which a proxy may be created with. */
  #dial(): Socket | undefined {
    try {
      const { host, port } = parseAddress(this.#upstream);
      return connect({ ...SOCKET_OPTIONS, host: host === "" ? "127.0.0.1" : host, port });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      console.error(`proxy ${this.name}: cannot dial: ${error.message}`);
      return undefined;
    }
  }

  #connect(client: Socket, upstream: Socket): void {
    if (client.destroyed) {
      upstream.destroy();
      return;
    }
    const labels = { listener: this.#listen, proxy: this.name, upstream: this.#upstream };
    const { metrics, random } = this.#parts;
    const connection = new Connection(
      { client, upstream },
      {
        random,
        counters: {
          upstream: metrics.counters({ direction: "upstream", ...labels }),
          downstream: metrics.counters({ direction: "downstream", ...labels }),
        },
        onClosed: ({ links }) => {
          this.toxics.detach("upstream", links.upstream);
          this.toxics.detach("downstream", links.downstream);
        },
      },
    );
    this.toxics.attach("upstream", connection.links.upstream);
    this.toxics.attach("downstream", connection.links.downstream);
    connection.start();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // Every error of a socket is followed by its close, which is what links and the accept loop act
    // on.
    socket.on("error", () => {});
  }
}
