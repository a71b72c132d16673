import type { Server } from "node:net";
import { createServer, connect as openSocket, Socket } from "node:net";
import { formatAddress, parseAddress } from "../env/address.ts";
import type { Connection, ConnectionHandlers, Listener, Transport } from "../env/transport.ts";

export interface TcpOptions {
  /** A connection whose other end takes nothing is closed once this much waits here. */
  readonly bufferedBytesMax?: number;
  /** How long a dial may take before it counts as failed. */
  readonly dialTimeoutMs?: number;
  /** Accepted connections open at once; more are closed at once. */
  readonly connectionsMax?: number;
}

const BUFFERED_BYTES_MAX = 64 * 1_024 * 1_024;
const DIAL_TIMEOUT_MS = 2_000;
const CONNECTIONS_MAX = 1_024;
/** The kernel asks an idle other end for a sign of life, so that the connections of a vanished one do not stay for ever. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 };

/** Byte streams over TCP, with Nagle's algorithm off: frames are batched above, and must not wait here. */
export function createTcpTransport(options: TcpOptions = {}): Transport {
  const bufferedBytesMax = options.bufferedBytesMax ?? BUFFERED_BYTES_MAX;
  const dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
  const connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
  return {
    connect(address, handlers) {
      const socket = dial(address);
      const connection = new TcpConnection(socket, bufferedBytesMax);
      const deadline = setTimeout(
        () => socket.destroy(new Error(`Cannot dial ${address}: no answer in ${dialTimeoutMs} ms`)),
        dialTimeoutMs,
      );
      socket.once("connect", () => clearTimeout(deadline));
      socket.once("close", () => clearTimeout(deadline));
      connection.attach(handlers, true);
      return connection;
    },
    listen: (address, accept) =>
      new Promise((resolve, reject) => {
        const sockets = new Set<Socket>();
        const { host, port } = parseAddress(address);
        const server = createServer({ ...SOCKET_OPTIONS }, (socket) => {
          sockets.add(socket);
          socket.once("close", () => sockets.delete(socket));
          const connection = new TcpConnection(socket, bufferedBytesMax);
          connection.attach(accept(connection), false);
        });
        server.maxConnections = connectionsMax;
        server.once("error", (cause) =>
          reject(new Error(`Cannot listen on ${address}: ${cause.message}`, { cause })),
        );
        server.listen({ host, port, exclusive: true }, () => {
          // An error of one accept (out of file handles) must not take the node down; the peer dials again.
          server.removeAllListeners("error").on("error", () => {});
          resolve(new TcpListener(server, sockets));
        });
      }),
  };
}

/** A bad address ends like any dial that fails: by `onClose`, later. */
function dial(address: string): Socket {
  try {
    return openSocket({ ...parseAddress(address), ...SOCKET_OPTIONS });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Socket().destroy(error);
  }
}

class TcpConnection implements Connection {
  readonly #socket: Socket;
  readonly #bufferedBytesMax: number;

  constructor(socket: Socket, bufferedBytesMax: number) {
    this.#socket = socket;
    this.#bufferedBytesMax = bufferedBytesMax;
  }

  attach(handlers: ConnectionHandlers, dialled: boolean): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    if (dialled) socket.once("connect", () => handlers.onOpen());
    else setImmediate(() => socket.destroyed || handlers.onOpen());
    socket.on("data", (bytes: Buffer) => handlers.onData(bytes));
    socket.on("error", (error) => {
      failure = error;
    });
    // Half-open connections are of no use to request and reply: the first end closes both (allowHalfOpen is off).
    socket.once("close", () => handlers.onClose(failure));
  }

  send(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (socket.writableLength + bytes.length > this.#bufferedBytesMax) {
      socket.destroy(
        new Error(
          `Cannot send ${bytes.length} bytes: ${socket.writableLength} already wait and the limit is ${this.#bufferedBytesMax}`,
        ),
      );
      return;
    }
    socket.write(bytes);
  }

  bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    // What is queued still goes out when the other end takes it at once; nobody waits for one that does not.
    if (socket.writableLength === 0 || socket.connecting) socket.destroy();
    else {
      socket.destroySoon();
      setTimeout(() => socket.destroy(), CLOSE_LINGER_MS).unref();
    }
  }
}

const CLOSE_LINGER_MS = 200;

class TcpListener implements Listener {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  constructor(server: Server, sockets: ReadonlySet<Socket>) {
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("Cannot name the listener");
    this.address = formatAddress({ host: bound.address, port: bound.port });
    this.#server = server;
    this.#sockets = sockets;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      // Those that were closed while bytes waited get the moment that they were promised.
      for (const socket of this.#sockets) if (!socket.writableEnded) socket.destroy();
    });
  }
}
