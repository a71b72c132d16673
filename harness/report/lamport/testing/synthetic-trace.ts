import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { Trace, TracedMessage, TraceMark } from "../trace.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"] as const;
const REQUEST_PERIOD_MS = 12;
const LOST_SHARE = 0.08;

/** A trace as a run of five nodes leaves it: reads and writes with their replicas, some lost, a cut, a crash, a violation. */
export function syntheticTrace(requests: number, seed = 1): Trace {
  const random = new SeededRandom(seed);
  const messages: TracedMessage[] = [];
  const marks: TraceMark[] = [];
  const latencyMs = (): number => 0.3 - 0.8 * Math.log(1 - random.float());
  const send = (from: string, to: string, sentMs: number, label: string): number | undefined => {
    const isLost = random.float() < LOST_SHARE;
    const arrivedMs = isLost ? undefined : sentMs + latencyMs();
    messages.push({ from, to, sentMs, arrivedMs, label, sizeBytes: 9 + (random.uint32() % 400) });
    return arrivedMs;
  };
  for (let request = 0; request < requests; request++) {
    const timeMs = 1_000 + request * REQUEST_PERIOD_MS + 4 * random.float();
    const at = random.uint32() % NODES.length;
    const coordinator = NODES[at] ?? "n1";
    const key = `cart-${random.uint32() % 9}`;
    const f = random.float() < 0.5 ? "get" : "put";
    marks.push({ lane: `client-${coordinator}`, timeMs, kind: "operation", label: `${f} ${key}` });
    const askedMs = send(`client-${coordinator}`, coordinator, timeMs, `${f.toUpperCase()} ${key}`);
    if (askedMs === undefined) continue;
    let answeredMs = askedMs;
    for (const step of [1, 2]) {
      const peer = NODES[(at + step) % NODES.length] ?? "n1";
      const what = f === "put" && random.float() < 0.2 ? `hint ${key} for n4` : `${f} ${key}`;
      const arrivedMs = send(coordinator, peer, askedMs, what);
      if (arrivedMs === undefined) continue;
      const isError = random.float() < 0.05;
      const reply = isError ? "error stale-ring" : `${f}-reply`;
      answeredMs = send(peer, coordinator, arrivedMs + 0.1, reply) ?? answeredMs;
    }
    send(coordinator, `client-${coordinator}`, answeredMs, f === "get" ? "200" : "204");
  }
  const middleMs = 1_000 + (requests * REQUEST_PERIOD_MS) / 2;
  marks.push(
    { lane: "n3", timeMs: 1_000, kind: "start", label: "start" },
    { lane: "n2", timeMs: middleMs - 40, kind: "fault", label: "cut n2→n4, n2→n5 (black-hole)" },
    { lane: "n5", timeMs: middleMs - 30, kind: "fault", label: "crash, power failure" },
    {
      lane: "n4",
      timeMs: middleMs,
      kind: "violation",
      label:
        "dot-issued-twice: n4/AAAAAAAAAAA/3 counter 7 names two payloads of cart-3, one minted at 1,204.1 ms",
    },
    { lane: "n2", timeMs: middleMs + 30, kind: "healed", label: "cut healed" },
    { lane: "n5", timeMs: middleMs + 36, kind: "start", label: "started again" },
  );
  return {
    lanes: [...NODES, ...NODES.map((node) => `client-${node}`)],
    messages: messages.sort((left, right) => left.sentMs - right.sentMs),
    marks: marks.sort((left, right) => left.timeMs - right.timeMs),
  };
}
