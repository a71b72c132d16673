import { utf8Bytes } from "../../src/base/bytes.ts";
import { ClientError } from "../../src/client/contract.ts";
import type { HttpCaller } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { RingsideClient } from "../../src/client/ringside-client.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

const CHECK = "client-routing";
const KEYS = Array.from({ length: 20 }, (_, number) => utf8Bytes(`nobody's key ${number}`));
/** Longer than anything takes in a world at rest. */
const PATIENCE_MS = 60_000;
/** In a world at rest a ring that is asked for has come by then. */
const ANSWER_MS = 5_000;
/** From one poll of the ring to the next (D-6.4-3). */
const POLL_MS = 10_000;
/** What nodes say that refuse for now; and longer than the ring is not asked for again. */
const RETRY_AFTER_MS = 1_000;
/** Of so many seeds one waits for that: ten seconds in which nothing else happens. */
const SEEDS_A_WAIT = 4;

/**
 * Where the run's clients know the ring: a new one of them, all nodes being up, must ask the first of each key's nodes and no other
 * (D-3.3-1, D-4.5-1), ask for the ring again when it is ten seconds old, and at once when a node is silent (D-6.4-3). The keys are absent, so that
 * nothing is left behind.
 */
export async function checkClientRouting(world: SimulatedWorld): Promise<readonly Finding[]> {
  const { cluster, chance, plan } = world;
  const { scheduler: clock, nodes } = cluster;
  if (plan.run.clientRouting !== "owners") return [];
  const urls = new Map(nodes.map((node) => [node, cluster.addresses(node).direct]));
  const nodeOf = new Map([...urls].map(([node, url]) => [url, node]));
  const findings: Finding[] = [];
  let polls = 0;
  let onPoll = (): void => {};
  let asked: string[] = [];
  const door = new Door(cluster.http);
  const client = new RingsideClient(
    { clock, http: door, random: chance.fork("routing check") },
    {
      endpoints: [...urls.values()],
      nodeUrls: Object.fromEntries(urls),
      routing: "owners",
      timeoutMs: PATIENCE_MS,
      attemptTimeoutMs: PATIENCE_MS,
      suspectMs: 0,
      onAttempt: ({ endpoint }) => asked.push(nodeOf.get(endpoint) ?? endpoint),
      onRingPoll: () => {
        polls += 1;
        onPoll();
      },
    },
  );
  const get = async (key: Uint8Array): Promise<void> => {
    asked = [];
    // Absent or unreadable: here it only counts who was asked.
    await client.get(key).catch((error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
    });
  };
  const expectPolls = async (count: number, after: string): Promise<void> => {
    if (polls < count) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(ANSWER_MS, resolve);
        onPoll = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    if (polls >= count) return;
    const anomaly = "a client does not ask for the ring again";
    findings.push({ check: CHECK, anomaly, detail: `It asked ${polls} times, ${after}` });
  };
  const [first = new Uint8Array(1)] = KEYS;
  await get(first);
  await expectPolls(1, "after its first call");
  for (const key of KEYS) {
    // A node that refused is left alone for as long as it said.
    if (asked.length > 1) await waitMs(clock, RETRY_AFTER_MS);
    await get(key);
    const [owner] =
      cluster
        .machine(nodes[0] ?? "")
        .node?.ring()
        .preferenceList(key) ?? [];
    if (owner === undefined || asked[0] === owner) continue;
    const anomaly = "a client that knows the ring asks another node than the key's first";
    findings.push({ check: CHECK, anomaly, detail: `It asked ${asked[0]} instead of ${owner}` });
    break;
  }
  if (plan.seed % SEEDS_A_WAIT === 1) {
    const before = polls;
    await waitMs(clock, POLL_MS);
    await get(first);
    await expectPolls(before + 1, "after ten seconds");
  }
  await waitMs(clock, RETRY_AFTER_MS);
  await get(first);
  const known = polls;
  door.closed = urls.get(asked[0] ?? "");
  await get(first);
  await expectPolls(known + 1, "after a node was silent");
  return findings;
}

/** The way to the nodes, where one of them can be shut out. */
class Door implements HttpCaller {
  closed: string | undefined;
  readonly #inner: HttpCaller;

  constructor(inner: HttpCaller) {
    this.#inner = inner;
  }

  call(request: Parameters<HttpCaller["call"]>[0]): ReturnType<HttpCaller["call"]> {
    if (this.closed === undefined || !request.url.startsWith(`${this.closed}/`)) {
      return this.#inner.call(request);
    }
    return Promise.reject(new HttpCallError(false, `Cannot reach ${this.closed}: it is shut out`));
  }
}
