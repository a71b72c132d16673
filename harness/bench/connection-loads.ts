/** What one connection carries: its round trip, its bulk and its small messages. The other end is in connection-servers.ts. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { ACKNOWLEDGED_BYTES } from "./connection-servers.ts";

const MESSAGE = Buffer.alloc(100, "m");
const MESSAGES_IN_FLIGHT = 64;
const PIECE = Buffer.alloc(256 * 1024);

/**
 * The median time of one message there and back, one at a time. The first tenth of the time warms
 * up.
 */
export async function roundTripMicros(port: number, durationMs: number): Promise<number> {
  const socket = await open(port, "e");
  const samples: number[] = [];
  const startedAtMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  let sentAtMs = startedAtMs;
  let missingBytes = MESSAGE.length;
  socket.on("data", (data: Buffer) => {
    missingBytes -= data.length;
    if (missingBytes > 0) return;
    const nowMs = performance.now();
    if (nowMs - startedAtMs > durationMs / 10) samples.push((nowMs - sentAtMs) * 1_000);
    if (nowMs - startedAtMs > durationMs) return resolve();
    missingBytes = MESSAGE.length;
    sentAtMs = performance.now();
    socket.write(MESSAGE);
  });
  socket.write(MESSAGE);
  await promise;
  await close(socket);
  samples.sort((left, right) => left - right);
  return samples[Math.floor(samples.length / 2)] ?? Number.NaN;
}

/** How fast bytes are received at the upstream, in units of 1,000,000 a second. */
export async function megabytesPerSecond(port: number, durationMs: number): Promise<number> {
  const socket = await open(port, "s");
  let acknowledgedBytes = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const startedAtMs = performance.now();
  const write = () => {
    while (socket.write(PIECE));
  };
  socket.on("drain", write);
  socket.on("data", (data: Buffer) => {
    acknowledgedBytes += data.length * ACKNOWLEDGED_BYTES;
    if (performance.now() - startedAtMs > durationMs) resolve();
  });
  write();
  await promise;
  const rate = acknowledgedBytes / 1_000 / (performance.now() - startedAtMs);
  await close(socket);
  return rate;
}

/**
 * How many small messages come back in a second when a fixed number is always under way, each
 * written by itself.
 */
export async function messagesPerSecond(port: number, durationMs: number): Promise<number> {
  const socket = await open(port, "e");
  let receivedBytes = 0;
  let sent = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const startedAtMs = performance.now();
  socket.on("data", (data: Buffer) => {
    receivedBytes += data.length;
    if (performance.now() - startedAtMs > durationMs) return resolve();
    const received = Math.floor(receivedBytes / MESSAGE.length);
    for (; sent < received + MESSAGES_IN_FLIGHT; sent++) socket.write(MESSAGE);
  });
  for (; sent < MESSAGES_IN_FLIGHT; sent++) socket.write(MESSAGE);
  await promise;
  const rate = (receivedBytes / MESSAGE.length / (performance.now() - startedAtMs)) * 1_000;
  await close(socket);
  return rate;
}

/** Connects and says by its first byte what the upstream is to be: an echo (e) or a sink (s). */
async function open(port: number, role: "e" | "s"): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(role);
  await once(socket, "data");
  return socket;
}

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}
