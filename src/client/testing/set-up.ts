import { nodeId } from "../../base/ids.ts";
import { createRing } from "../../ring/partition-table.ts";
import type { Ring } from "../../ring/ring.ts";
import type { Attempt, RingPoll, RingsideClientOptions } from "../client-options.ts";
import type { HttpCallResult } from "../http-caller.ts";
import { RingsideClient } from "../ringside-client.ts";
import type { RoutingKind } from "../routing.ts";
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

/** Three nodes. */
export const RING = createRing({
  clusterId: "scripted",
  nodes: ["n1", "n2", "n3"].map(nodeId),
  partitionCount: 8,
});

/** What a node with this ring answers to `GET /admin/ring`. */
export function ringAnswer(
  ring: Ring,
  clientUrls: Readonly<Record<string, string>> = {},
): HttpCallResult {
  const { stamp, nodes, owners } = ring;
  const members = nodes.map((id) => ({ id, clientUrl: clientUrls[id] }));
  const body = { ...stamp, clusterId: "scripted", nodes, owners, members };
  return answer(200, { "content-type": "application/json" }, JSON.stringify(body));
}

/** A client on virtual time that meets the steps in order. `jitter`: every draw, 1 being the longest wait. */
export function setUp(
  steps: readonly Step[],
  options: Partial<RingsideClientOptions> = {},
  jitter = 1,
) {
  const clock = new ManualClock();
  const http = new ScriptedHttp(clock, steps);
  const attempts: Attempt[] = [];
  const polls: RingPoll[] = [];
  const random = {
    float: () => jitter,
    uint32: () => 0,
    bytes: (count: number) => new Uint8Array(count),
  };
  const client = new RingsideClient(
    { clock, random, http },
    {
      endpoints: ENDPOINTS,
      onAttempt: (attempt) => attempts.push(attempt),
      onRingPoll: (poll) => polls.push(poll),
      ...options,
    },
  );
  return { clock, http, attempts, polls, client };
}

/**
 * The same for each kind of client: one for `owners` has fetched the ring already, and in it the key's nodes are at the endpoints in
 * their order, so that the same steps must lead to the same calls. It was given them the other way round.
 */
export function setUpFor(routing: RoutingKind, key: Uint8Array) {
  return async (...[steps, options = {}, jitter]: Parameters<typeof setUp>) => {
    if (routing === "any") return setUp(steps, options, jitter);
    const { endpoints = ENDPOINTS } = options;
    const list = RING.preferenceList(key);
    const nodeUrls = Object.fromEntries(
      endpoints.map((endpoint, at) => [list[at] ?? "", endpoint] as const),
    );
    const given = { routing, nodeUrls, ...options, endpoints: endpoints.toReversed() };
    const made = setUp([FOUND, ...steps], given, jitter);
    made.http.answerRingWith(ringAnswer(RING));
    await made.clock.settle(made.client.get(key));
    made.http.seen.length = 0;
    made.attempts.length = 0;
    return made;
  };
}
