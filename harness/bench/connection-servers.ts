/** The other ends of connection-loads.ts, each a process of its own: an upstream, and a relay in front of one. */
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** The sink acknowledges every so many bytes with one byte. */
export const ACKNOWLEDGED_BYTES = 1024 * 1024;

/** An echo or a sink, as the first byte of each connection says. */
export async function serveUpstream(): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (role: Buffer) => {
      // The answer keeps the role's byte from being taken for a part of what is measured.
      socket.write("k");
      if (role.toString() === "e") socket.on("data", (data: Buffer) => socket.write(data));
      else sink(socket);
    });
  });
  await announce(server);
}

function sink(socket: Socket): void {
  let unacknowledgedBytes = 0;
  socket.on("data", (data: Buffer) => {
    unacknowledgedBytes += data.length;
    const steps = Math.floor(unacknowledgedBytes / ACKNOWLEDGED_BYTES);
    if (steps === 0) return;
    unacknowledgedBytes -= steps * ACKNOWLEDGED_BYTES;
    socket.write(Buffer.alloc(steps));
  });
}

/** The least that any proxy in Node must do: two pipes for each connection. */
export async function serveRelay(upstreamPort: number): Promise<void> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: upstreamPort, host: "127.0.0.1", noDelay: true });
    client.pipe(upstream);
    upstream.pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await announce(server);
}

/** Prints the port, and ends this process together with its parent. */
async function announce(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  process.stdin.once("close", () => process.exit(0));
  process.stdin.resume();
}
