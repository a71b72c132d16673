import { request } from "node:http";
import type { BoundedRequest, BoundedResponse } from "./node-api.ts";

const BODY_BYTES_MAX = 16 * 1_024 * 1_024;

/**
 * One request on a connection of its own, so that a node which was stopped, killed or started again never meets an old
 * connection. Rejects with "Cannot ask <url>: <reason>".
 */
export function boundedRequest(options: BoundedRequest): Promise<BoundedResponse> {
  const { method = "GET", url, body, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new Error(`Cannot ask ${method} ${url}: ${reason}`));
      outgoing.destroy();
    };
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const outgoing = request(url, { method, agent: false, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      incoming.on("data", (chunk: Buffer) => {
        sizeBytes += chunk.length;
        chunks.push(chunk);
        if (sizeBytes > BODY_BYTES_MAX) fail(`the answer is larger than ${BODY_BYTES_MAX} bytes`);
      });
      incoming.on("error", (error) => fail(error.message));
      incoming.on("end", () => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    outgoing.on("error", (error) => fail(error.message));
    outgoing.end(body);
  });
}
