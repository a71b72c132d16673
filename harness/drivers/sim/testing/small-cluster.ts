import { toBase64url, utf8Bytes } from "../../../../src/base/bytes.ts";
import type { HttpCallResult } from "../../../../src/client/http-caller.ts";
import { CountingAssertions } from "../../../../src/env/testing/counting-assertions.ts";
import { CALM_WORLD } from "../calm-world.ts";
import type { SimClusterOptions } from "../sim-cluster.ts";
import { SimCluster } from "../sim-cluster.ts";
import type { WorldPlan } from "../world-plan.ts";

export interface SmallClusterOptions extends Partial<Omit<SimClusterOptions, "plan" | "world">> {
  readonly plan?: Partial<SimClusterOptions["plan"]>;
  readonly world?: Partial<WorldPlan>;
}

/** What a test does to a replica shall stay as it is; a test of anti-entropy sets this itself. */
const NO_REPAIR = { antiEntropyMs: 0 };
/** Virtual time after which a test that does not end counts as stuck. */
const TEST_MS_MAX = 600_000;

/** A started cluster of three nodes (N=3, R=W=2, synced disks) in a calm world, and ways to let its time pass. */
export async function smallCluster({ plan, world, ...others }: SmallClusterOptions = {}) {
  const crashes: { readonly node: string; readonly error: unknown }[] = [];
  const cluster = new SimCluster({
    plan: {
      nodes: 3,
      n: 3,
      r: 2,
      w: 2,
      partitions: 16,
      quorum: "sloppy",
      versioning: "dvvset",
      engine: "lmdb",
      ...plan,
    },
    world: { ...CALM_WORLD, settings: NO_REPAIR, ...world },
    seed: 7,
    assertions: new CountingAssertions(),
    onCrash: (node, error) => crashes.push({ node, error }),
    keepsLogs: false,
    ...others,
  });
  const { scheduler } = cluster;
  const drive = <T>(promise: Promise<T>): Promise<T> =>
    scheduler.run(promise, { untilMs: TEST_MS_MAX });
  await drive(cluster.start());
  return {
    cluster,
    /** Errors that nobody caught, by node. */
    crashes,
    drive,
    /** Lets so much virtual time pass. */
    pass: (ms: number) => drive(new Promise<void>((resolve) => scheduler.setTimer(ms, resolve))),
    /** A request to a node as a client of `home`, or past all links where there is none. */
    ask: (
      node: string,
      request: {
        readonly home?: string;
        readonly method?: string;
        readonly target?: string;
        readonly body?: string;
        readonly timeoutMs?: number;
      } = {},
    ): Promise<HttpCallResult> => {
      const { home, method = "GET", target = "/healthz", body, timeoutMs = 1_000 } = request;
      const { direct, clients } = cluster.addresses(node);
      return cluster.http.call({
        method,
        url: `${home === undefined ? direct : clients.get(home)}${target}`,
        timeoutMs,
        ...(body === undefined ? {} : { body: utf8Bytes(body) }),
      });
    },
  };
}

/** The path of a key. */
export function pathOf(key: string): string {
  return `/kv64/${toBase64url(utf8Bytes(key))}`;
}
