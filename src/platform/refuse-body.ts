import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpResponse } from "../http/exchange.ts";

/** How long and how much of a refused body is read and thrown away, so that its sender gets to read the refusal. */
export const LINGER_MS = 500;
const LINGER_BYTES_MAX = 4 * 1_024 * 1_024;

/**
 * Answers a request whose body is not wanted, at once. The connection cannot be used again; it is kept for a moment while what arrives is
 * thrown away, because closing it with unread bytes would reset it under the client's eyes and the answer with it.
 */
export function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
): void {
  const raw = ["Content-Length", String(body.length), "Connection", "close"];
  for (const name in headers) raw.push(name, headers[name] ?? "");
  response.writeHead(status, raw);
  response.write(body);
  let droppedBytes = 0;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearTimeout(linger);
    response.end();
  };
  const linger = setTimeout(finish, LINGER_MS);
  request.on("data", (chunk: Buffer) => {
    droppedBytes += chunk.length;
    if (droppedBytes > LINGER_BYTES_MAX) finish();
  });
  request.once("end", finish);
  request.on("error", finish);
  request.socket.once("close", finish);
}
