import { describe, expect, test } from "vitest";
import type { HttpCallResult } from "../client/http-caller.ts";
import { HttpCallError } from "../client/http-caller.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { problemResponse } from "../protocol/problem-response.ts";
import { askNode } from "./ask-node.ts";

const PATIENCE = { timeoutMs: 1_000, triesMax: 3, pauseMs: 0 };
const REQUEST = { method: "GET", url: "http://a:1/admin/rows", expected: 200 } as const;

test.each([
  ["a node that gives no answer", new HttpCallError(true, "no response within 1000 ms"), 3],
  [
    "an answer that is longer than anybody reads",
    new HttpCallError(true, "over the limit", { isTooLarge: true }),
    1,
  ],
])("askNode() gives up on %s", async (_what, failure, times) => {
  let asked = 0;
  const http = {
    call: () => {
      asked += 1;
      return Promise.reject(failure);
    },
  };
  await expect(askNode({ http, clock: new ManualClock() }, REQUEST, PATIENCE)).rejects.toThrow(
    failure.message,
  );
  expect(asked).toBe(times);
});

describe("askNode() tells of a request that a node refuses", () => {
  const failureOf = (answer: HttpCallResult) => {
    const http = { call: () => Promise.resolve(answer) };
    return askNode({ http, clock: new ManualClock() }, REQUEST, PATIENCE).catch((error) => error);
  };
  const WHERE = "Cannot GET http://a:1/admin/rows: it answered";

  test("with the whole detail of its problem, on one line, and the code", async () => {
    const detail = `Cannot take the row of key ${"78".repeat(1_024)}: it was\nwritten ahead`;
    expect(await failureOf(problemResponse("row-refused", detail))).toMatchObject({
      message: `${WHERE} 400: ${detail.replace("\n", " ")}`,
      code: "row-refused",
    });
  });

  test.each([
    ["a page", "<h1>Bad request</h1>\n<p>", "<h1>Bad request</h1>"],
    ["a long page", "x".repeat(100_000), "x".repeat(300)],
    ["JSON of its own", '{"code":"none-of-ours"}', '{"code":"none-of-ours"}'],
  ])("where what answered is no node, with the begin of %s", async (_what, text, begin) => {
    const failure = await failureOf({ status: 400, headers: {}, body: Buffer.from(text) });
    expect(failure).toMatchObject({ message: `${WHERE} 400 ${begin}`, code: undefined });
  });
});
