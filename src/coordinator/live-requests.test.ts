import { expect, test } from "vitest";
import { AssertionError } from "../base/assert.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { LiveRequests } from "./live-requests.ts";

function liveRequests() {
  const transport = {
    connect: () => {
      throw new Error("A count opens no connection");
    },
    listen: () => Promise.reject(new Error("A count listens nowhere")),
  };
  return new LiveRequests({ ...quietEnvironment(new ManualClock()), transport });
}

test("LiveRequests.idle() resolves when the last request has ended", async () => {
  const requests = liveRequests();
  requests.begin();
  requests.begin();
  let isIdle = false;
  const idle = requests.idle().then(() => {
    isIdle = true;
  });
  requests.end();
  await Promise.resolve();
  expect(isIdle).toBe(false);
  requests.end();
  await idle;
  expect(requests.count).toBe(0);
});

test("LiveRequests.end() asserts that no request ends twice", () => {
  const requests = liveRequests();
  requests.begin();
  requests.end();
  expect(() => requests.end()).toThrow(AssertionError);
});
