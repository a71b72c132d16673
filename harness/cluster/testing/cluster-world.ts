import { expect } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import type { HttpCaller } from "../../../src/client/http-caller.ts";
import type { Clock } from "../../../src/env/clock.ts";
import { probeUntil } from "../../nemesis/probes.ts";
import type { ClockPower, Cluster, NetworkPower, ProcessPower } from "../contract.ts";

/** A started cluster of n1, n2 and n3 with N=3, and what the suite needs around it. */
export interface ClusterWorld {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Reaches the addresses of the cluster. */
  readonly http: HttpCaller;
  /** Lets the cluster work until the promise settles; one at a time. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** What is still there of the cluster, each thing in a few words. */
  leftovers(): Promise<readonly string[]>;
}

/** With the powers that the tests of powers use; they are declared only for drivers that have them. */
export interface PoweredWorld extends ClusterWorld {
  readonly cluster: Cluster & {
    readonly network: NetworkPower;
    readonly processes: ProcessPower;
    readonly clocks: ClockPower;
  };
}

/** Declares a test with a cluster in which all is as at the start, and that it leaves so: no fault, and every node up. */
export type InCluster = (title: string, body: (world: PoweredWorld) => Promise<void>) => void;

export const LINK = { from: "n1", to: "n2" } as const;
export const KEY = utf8Bytes("kept");
/** Nodes dial again at their own pace. */
const RECONNECT_MS_MAX = 5_000;

/** n1 and n2 come to reach each other, each over its own connection. */
export async function expectBothReached({ cluster, clock }: ClusterWorld): Promise<void> {
  const pairs = [LINK, { from: LINK.to, to: LINK.from }];
  const options = { isWanted: isAnswered, timeoutMs: RECONNECT_MS_MAX };
  const probes = await probeUntil({ cluster, clock }, pairs, options);
  expect(probes.map(isAnswered)).toEqual([true, true]);
}

function isAnswered({ answered }: { readonly answered: boolean }): boolean {
  return answered;
}

/** Resolves once all three nodes keep the key. */
export async function write({ cluster, http }: ClusterWorld): Promise<void> {
  const name = Buffer.from(KEY).toString("base64url");
  const { status } = await http.call({
    method: "PUT",
    url: `${cluster.addresses("n1").direct}/kv64/${name}?w=3`,
    body: utf8Bytes("a value"),
    timeoutMs: 5_000,
  });
  expect(status).toBe(204);
}
