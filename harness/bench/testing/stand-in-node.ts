/*
 * Stands in for a node in the benchmark's own tests: the client API over a map in memory, shared with nobody. What it
 * does wrong, on purpose, comes from the environment: STAND_IN_FAULT is `status` (every 50th write is answered 503),
 * `siblings` (every 20th read returns two versions) or `hang-up` (every 200th request loses its connection).
 */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:http";

const { STAND_IN_FAULT: fault = "" } = process.env;
const configFile = process.argv[process.argv.indexOf("--config") + 1] ?? "";
const { httpAddress } = JSON.parse(readFileSync(configFile, "utf8")) as { httpAddress: string };
const [host, port] = httpAddress.split(":");

const values = new Map<string, { readonly value: Buffer; readonly version: number }>();
let requests = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    requests += 1;
    const { url = "", method } = request;
    if (url === "/healthz") response.end("ok");
    else if (fault === "hang-up" && requests % 200 === 0) request.socket.destroy();
    else if (method === "GET") read(url, response);
    else write(url, request.headers["x-dynamo-context"], Buffer.concat(chunks), response);
  });
});
server.listen(Number(port), host);
process.on("SIGTERM", () => process.exit(0));

function read(url: string, response: ServerResponse): void {
  const stored = values.get(url);
  if (fault === "siblings" && requests % 20 < 2) {
    response.writeHead(300, { "X-Dynamo-Context": String(stored?.version ?? 0) }).end("{}");
  } else if (stored === undefined) {
    response.writeHead(404, { "x-dynamo-context": "0" }).end();
  } else {
    response.writeHead(200, { "X-Dynamo-Context": String(stored.version) }).end(stored.value);
  }
}

/** Refuses a write whose context is not of the last read: the load must never make one. */
function write(url: string, context: unknown, value: Buffer, response: ServerResponse): void {
  const stored = values.get(url);
  if (fault === "status" && requests % 50 < 2) {
    response.writeHead(503).end();
  } else if (context !== undefined && context !== String(stored?.version ?? 0)) {
    response.writeHead(409).end();
  } else {
    values.set(url, { value, version: (stored?.version ?? 0) + 1 });
    response.writeHead(204).end();
  }
}
