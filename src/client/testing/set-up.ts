import type { Attempt, RingsideClientOptions } from "../client-options.ts";
import { RingsideClient } from "../ringside-client.ts";
import { ManualClock } from "./manual-clock.ts";
import type { Step } from "./scripted-http.ts";
import { answer, ScriptedHttp } from "./scripted-http.ts";

const ENDPOINTS = ["http://a:1", "http://b:2", "http://c:3"] as const;
export const CONTEXT = "ctx-1";
export const WRITTEN = answer(204);
export const FOUND = answer(
  200,
  { "x-dynamo-context": CONTEXT, "content-type": "text/plain" },
  "v",
);

/** A client on virtual time that meets the steps in order. `jitter`: every draw, 1 being the longest wait. */
export function setUp(
  steps: readonly Step[],
  options: Partial<RingsideClientOptions> = {},
  jitter = 1,
) {
  const clock = new ManualClock();
  const http = new ScriptedHttp(clock, steps);
  const attempts: Attempt[] = [];
  const random = {
    float: () => jitter,
    uint32: () => 0,
    bytes: (count: number) => new Uint8Array(count),
  };
  const client = new RingsideClient(
    { clock, random, http },
    { endpoints: ENDPOINTS, onAttempt: (attempt) => attempts.push(attempt), ...options },
  );
  return { clock, http, attempts, client };
}
