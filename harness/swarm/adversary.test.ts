/**
 * Aim: the adversary is silent about a store that does right, and not about one that does one thing wrong. Method: one map of
 * versions behind a stand-in for HTTP, on virtual time, with the tokens, codes and answers of the API.
 */
import { describe, expect, test } from "vitest";
import { fromBase64url, toBase64url, toHex, utf8Bytes } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { HttpCall, HttpCaller, HttpCallResult } from "../../src/client/http-caller.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { ERRORS } from "../../src/protocol/errors.ts";
import { CONTEXT_HEADER, OPERATION_HEADER } from "../../src/protocol/headers.ts";
import { encodeProblem, PROBLEM_CONTENT_TYPE } from "../../src/protocol/problem.ts";
import { Scheduler } from "../drivers/sim/scheduler.ts";
import { Adversary } from "./adversary.ts";
import { drawMove, drawMoves } from "./adversary-move.ts";

describe("Adversary", () => {
  test("says nothing about a store that does right", async () => {
    expect(await anomaliesOf({})).toEqual([]);
  });

  test("finds a store that believes every context", async () => {
    expect(await anomaliesOf({ believesAll: true })).toEqual([
      "a request was served that is bad-context",
    ]);
  });

  test("finds a store that deletes blindly", async () => {
    expect(await anomaliesOf({ deletesBlindly: true })).toEqual([
      "a request was served that is context-required",
    ]);
  });

  test("finds a store that refuses good contexts", async () => {
    expect(await anomaliesOf({ believesNone: true })).toEqual([
      "a good request was refused as a bad one",
    ]);
  });

  test("finds a write that was refused for certain and is there", async () => {
    expect(await anomaliesOf({ refusesWhatItKeeps: "too-few-nodes" })).toEqual([
      "a write is there that was refused for certain",
    ]);
  });

  test("says nothing about a write that was refused in doubt and is there", async () => {
    expect(await anomaliesOf({ refusesWhatItKeeps: "write-quorum-not-met" })).toEqual([]);
  });
});

const NOTHING_KEPT = { sessions: new Map<string, string[]>(), named: [] };

test("drawMove() comes to every kind of request, and to the same ones from one seed", () => {
  const contexts = new Map([
    ["one", [toBase64url(utf8Bytes("one@1"))]],
    ["two", [toBase64url(utf8Bytes("two@1"))]],
  ]);
  const draw = () => {
    const random = new SeededRandom(7);
    return Array.from({ length: 400 }, (_, serial) =>
      drawMove(random, { keys: ["one", "two"], n: 3, serial, contexts, ...NOTHING_KEPT }),
    );
  };
  const moves = draw();
  expect(draw()).toEqual(moves);
  const kinds = new Set(moves.map(({ method, expects }) => `${method} ${expects}`));
  expect([...kinds].sort()).toEqual([
    "DELETE bad-context",
    "DELETE context-required",
    "DELETE served",
    "GET bad-context",
    "GET served",
    "PUT bad-context",
    "PUT served",
  ]);
  const forged = moves.filter(({ expects }) => expects === "bad-context");
  for (const { key, headers } of forged) {
    expect(contexts.get(key)).not.toContain(headers[CONTEXT_HEADER]);
  }
});

test("drawMoves() now and then sends two writes of one key at once: other values, or one write that is named, twice", () => {
  const random = new SeededRandom(7);
  const all = Array.from({ length: 100 }, (_, serial) =>
    drawMoves(random, { keys: ["one", "two"], n: 3, serial, contexts: new Map(), ...NOTHING_KEPT }),
  );
  const pairs = all.filter(({ length }) => length === 2);
  const doubles = pairs.filter(([left, right]) => left === right);
  const twins = pairs.filter(([left, right]) => left !== right);
  expect(doubles.length).toBeGreaterThan(2);
  for (const [move] of doubles) expect(move?.headers).toHaveProperty(OPERATION_HEADER);
  expect(twins.length).toBeGreaterThan(5);
  expect(twins.length).toBeLessThan(40);
  for (const [left, right] of twins) {
    expect(left?.key).toBe(right?.key);
    expect(left?.body).not.toEqual(right?.body);
  }
});

interface Faults {
  readonly believesAll?: boolean;
  readonly believesNone?: boolean;
  readonly deletesBlindly?: boolean;
  /** Every third PUT is refused with this code, and kept all the same. */
  readonly refusesWhatItKeeps?: ErrorCode;
}

async function anomaliesOf(faults: Faults): Promise<readonly string[]> {
  const scheduler = new Scheduler();
  const adversary = new Adversary(
    {
      clock: scheduler,
      random: new SeededRandom(1),
      http: new StandIn(faults),
      nodes: ["n1", "n2"],
      clientUrl: (home, node) => `http://${home}.${node}`,
      directUrl: (node) => `http://${node}`,
    },
    { requests: 1_000, seconds: 20, n: 3 },
  );
  const work = async () => {
    await adversary.run();
    await adversary.readBack();
  };
  await scheduler.run(work(), { untilMs: 60_000, stop: () => false });
  return [...new Set(adversary.findings.map(({ anomaly }) => anomaly))];
}

/** One value a key, the last one written; its context is the key and a hash. */
class StandIn implements HttpCaller {
  readonly #faults: Faults;
  readonly #values = new Map<string, Uint8Array | undefined>();
  readonly #issued = new Set<string>();
  #puts = 0;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  async call({ url, method, headers = {}, body }: HttpCall): Promise<HttpCallResult> {
    const key = /kv64\/([^?]+)/.exec(url)?.[1] ?? "";
    const token = headers[CONTEXT_HEADER];
    const { believesAll, believesNone, deletesBlindly, refusesWhatItKeeps } = this.#faults;
    if (method === "DELETE" && token === undefined && deletesBlindly !== true) {
      return problem("context-required");
    }
    const bytes = token === undefined ? undefined : fromBase64url(token);
    const isGood =
      bytes === undefined ||
      (this.#issued.has(toHex(bytes)) && Buffer.from(bytes).toString().startsWith(`${key}@`));
    if (!isGood && believesAll !== true) return problem("bad-context");
    if (believesNone === true && bytes !== undefined) return problem("bad-context");
    if (method === "GET") return this.#shown(key);
    this.#values.set(key, method === "DELETE" ? undefined : body);
    if (method === "PUT") this.#puts += 1;
    if (refusesWhatItKeeps !== undefined && method === "PUT" && this.#puts % 3 === 0) {
      return problem(refusesWhatItKeeps);
    }
    return url.includes("return=siblings") ? this.#shown(key) : answer(204, {});
  }

  #shown(key: string): HttpCallResult {
    // No bit away from another token.
    const bytes = utf8Bytes(`${key}@${toHex(sha256(utf8Bytes(String(this.#issued.size))))}`);
    this.#issued.add(toHex(bytes));
    const value = this.#values.get(key);
    const context = { [CONTEXT_HEADER]: toBase64url(bytes) };
    return value === undefined
      ? answer(404, context)
      : answer(200, { ...context, "content-type": "application/octet-stream" }, value);
  }
}

function problem(code: ErrorCode): HttpCallResult {
  const body = encodeProblem(code, "Cannot do this: the test says so");
  return answer(ERRORS[code].status, { "content-type": PROBLEM_CONTENT_TYPE }, body);
}

function answer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = new Uint8Array(0),
): HttpCallResult {
  return { status, headers, body };
}
