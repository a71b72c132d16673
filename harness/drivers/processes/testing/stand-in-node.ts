/**
 * A stand-in for a node in the driver's own tests: the operator API, and RPC reduced to a line of text that is echoed.
 * Faults for tests: `RINGSIDE_STAND_IN=die` ends it at start, `deaf` never becomes ready, `unclean` stops with status
 * 3, `stubborn` does not stop.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { parseArgs } from "node:util";

interface Configuration {
  readonly nodeId: string;
  readonly httpAddress: string;
  readonly rpcAddress: string;
  readonly routes: Readonly<Record<string, string>>;
}

const { values } = parseArgs({
  options: { config: { type: "string" }, "exit-with-stdin": { type: "boolean" } },
});
const configuration = JSON.parse(readFileSync(values.config ?? "", "utf8")) as Configuration;
const incarnation = String(process.pid);
const { RINGSIDE_STAND_IN: behaviour } = process.env;
let wallOffsetMs = 0;

console.log(`stand-in ${configuration.nodeId} starts`);
if (behaviour === "die" && configuration.nodeId === "n2") {
  console.error("Cannot start: told to die");
  process.exit(1);
}

listenTcp(configuration.rpcAddress);
listenHttp(configuration.httpAddress);
process.on("SIGTERM", () => {
  if (behaviour !== "stubborn") process.exit(behaviour === "unclean" ? 3 : 0);
});

function listenTcp(address: string): void {
  const { host, port } = split(address);
  createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  }).listen(port, host);
}

function listenHttp(address: string): void {
  const { host, port } = split(address);
  createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const [status, answer] = await respond(request.url ?? "", body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }).listen(port, host);
}

async function respond(url: string, body: string): Promise<[number, object]> {
  if (url === "/healthz") return [behaviour === "deaf" ? 503 : 200, {}];
  if (url === "/admin/status") {
    return [
      200,
      {
        nodeId: configuration.nodeId,
        incarnation,
        life: incarnation,
        ready: true,
        ring: { epoch: 1, digest: "0".repeat(16) },
        hints: 0,
        inFlight: 0,
        suspected: [],
        writesLost: 0,
        wallMs: Date.now() + wallOffsetMs,
      },
    ];
  }
  if (url.startsWith("/admin/replica/")) return [200, { digest: null, versions: 0 }];
  if (url === "/admin/clock") {
    wallOffsetMs = (JSON.parse(body) as { offsetMs: number }).offsetMs;
    return [200, {}];
  }
  if (url === "/admin/probe") {
    const { peer, timeoutMs } = JSON.parse(body) as { peer: string; timeoutMs: number };
    return [200, await probe(configuration.routes[peer] ?? "", timeoutMs)];
  }
  return [404, {}];
}

function probe(address: string, timeoutMs: number): Promise<object> {
  const start = performance.now();
  const { host, port } = split(address);
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (answered: boolean, detail: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answered, detail, latencyMs: performance.now() - start });
    };
    const timer = setTimeout(() => end(false, "no answer"), timeoutMs);
    socket.on("data", () => end(true, ""));
    socket.on("error", (error) => end(false, error.message));
    socket.on("close", () => end(false, "closed"));
    socket.write("ping\n");
  });
}

function split(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
