import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** How a connection ended: in order, by a reset, or with another error of the system. */
export type Ending = "end" | "ECONNRESET" | (string & {});

/** One end of a TCP connection in a test: reads by length, and knows how the connection ended. */
export class Peer {
  readonly socket: Socket;
  /** Resolves when the other side has ended or reset the connection. */
  readonly ending: Promise<Ending>;
  #parts: Buffer[] = [];
  #bufferedBytes = 0;
  #onData: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ending = promise;
    socket.on("data", (data: Buffer) => {
      this.#parts.push(data);
      this.#bufferedBytes += data.length;
      this.#onData();
    });
    socket.on("end", () => resolve("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => {
      resolve("closed");
      this.#onData();
    });
  }

  /** How many bytes have come and were not read. */
  get pendingBytes(): number {
    return this.#bufferedBytes;
  }

  write(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** The next bytes, as text. Fails when the connection ends before they have come. */
  async read(length: number): Promise<string> {
    return (await this.readBytes(length)).toString();
  }

  async readBytes(length: number): Promise<Buffer> {
    while (this.#bufferedBytes < length) {
      if (this.socket.destroyed) {
        throw new Error(`closed after ${this.#bufferedBytes} of ${length} bytes`);
      }
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
    const all = Buffer.concat(this.#parts);
    this.#keep(all.subarray(length));
    return all.subarray(0, length);
  }

  /** All bytes until the other side ends the connection. */
  async readToEnd(): Promise<Buffer> {
    await this.ending;
    const all = Buffer.concat(this.#parts);
    this.#keep(Buffer.alloc(0));
    return all;
  }

  #keep(rest: Buffer): void {
    this.#parts = [rest];
    this.#bufferedBytes = rest.length;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A server on a free port that hands out its connections one by one. */
export class Upstream {
  readonly address: string;
  readonly #server: Server;
  readonly #peers: Peer[] = [];
  readonly #waiting: ((peer: Peer) => void)[] = [];
  readonly #all: Peer[] = [];

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === "string")
      throw new Error("a TCP server has an address");
    this.address = `127.0.0.1:${address.port}`;
    server.on("connection", (socket) => {
      const peer = new Peer(socket);
      this.#all.push(peer);
      const next = this.#waiting.shift();
      if (next === undefined) this.#peers.push(peer);
      else next(peer);
    });
  }

  static async start(): Promise<Upstream> {
    // A peer that has been ended must still be able to send, so that tests can look for what a
    // half-close would do.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Upstream(server);
  }

  /** The oldest connection not yet handed out. */
  accept(): Promise<Peer> {
    const peer = this.#peers.shift();
    if (peer !== undefined) return Promise.resolve(peer);
    const { promise, resolve } = Promise.withResolvers<Peer>();
    this.#waiting.push(resolve);
    return promise;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const peer of this.#all) peer.close();
    await closed;
  }
}

/** Dials `host:port`. Fails where nobody listens. */
export async function dial(address: string): Promise<Peer> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect({
    host: hostname,
    port: Number(port),
    allowHalfOpen: true,
    noDelay: true,
  });
  await once(socket, "connect");
  return new Peer(socket);
}

/** Whether somebody listens on `host:port`. */
export async function isListening(address: string): Promise<boolean> {
  try {
    (await dial(address)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    return false;
  }
}
