import { expect, test } from "vitest";
import { HttpCallError } from "../client/http-caller.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
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
