// Aim: the embedded server answers as a real one did. Method: send the 74 requests that a Toxiproxy
// 2.12.0 was asked, in the same order, to a fresh server, and compare status, content type and
// body. The recording is data of another project and stays outside of this one; the test is skipped
// where it is not at hand.
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ToxiproxyServer } from "./server.ts";
import { startToxiproxyServer } from "./server.ts";
import { VERSION } from "./version.ts";

interface Exchange {
  readonly note: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response: Answer;
}

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

const { RINGSIDE_SHARED } = process.env;
const recording = findRecording();

function findRecording(): string | undefined {
  const root = join(import.meta.dirname, "..", "..");
  const folders = [RINGSIDE_SHARED, join(root, "../shared"), join(root, "../../shared")];
  return folders
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, "data", "toxiproxy-api.jsonl"))
    .find((path) => existsSync(path));
}

async function send(server: ToxiproxyServer, exchange: Exchange): Promise<Answer> {
  const { method, path, body, headers } = exchange.request;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    new URL(path, server.url),
    { method, headers: { ...headers } },
    (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"] ?? null,
          body: Buffer.concat(parts).toString(),
        });
      });
    },
  );
  sent.on("error", reject);
  sent.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
  return promise;
}

/**
 * Takes out what no other program can say in the same words: the version, and how Go words a syntax
 * error.
 */
function comparable(answer: Answer): Answer {
  const body = answer.body
    .replace(/"version": "[^"]*"/, '"version": "?"')
    .replace(/bad request body: invalid character.*?","status"/, 'bad request body: ?","status"')
    .replace(/bad request body: Expected .*?","status"/, 'bad request body: ?","status"');
  return { ...answer, body };
}

test.skipIf(recording === undefined)(
  "the API answers 74 requests as Toxiproxy 2.12.0 did (skipped where the recording is absent)",
  async () => {
    const exchanges = readFileSync(recording ?? "", "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Exchange);
    expect(exchanges).toHaveLength(74);
    // The recorded server ran without its metrics flags.
    const server = await startToxiproxyServer({ host: "127.0.0.1", port: 0, metrics: false });
    try {
      for (const exchange of exchanges) {
        const answer = await send(server, exchange);
        expect(comparable(answer), exchange.note).toEqual(comparable(exchange.response));
      }
    } finally {
      await server.stop();
    }
  },
);

test("GET /version tells the embedded server from a real one of the same release", async () => {
  const server = await startToxiproxyServer({ host: "127.0.0.1", port: 0 });
  try {
    const answer = await (await fetch(`${server.url}/version`)).json();
    expect(answer).toEqual({ version: VERSION });
    expect(VERSION).toMatch(/^2\.12\.0-/);
  } finally {
    await server.stop();
  }
});
