/*
 * Aim: with an LMDB engine that syncs, a client's 204 comes after the disks of W nodes; and the test can tell, since with
 * syncing off it sees that no disk was asked. A kill -9 would prove nothing: the page cache survives it.
 *
 * Method: strace watches each of three nodes while single writes go through the HTTP API. Between sending a request and having
 * its answer, fdatasync of the data file must have begun and ended on at least W of them.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { SystemCall } from "../../src/platform/testing/strace.ts";
import {
  canStrace,
  isFlushOf,
  parseStrace,
  STRACE_OPTIONS,
} from "../../src/platform/testing/strace.ts";
import { startBenchCluster } from "./bench-cluster.ts";

const NODES = 3;
const W = 2;
const WRITES = 10;
/** The first writes of a node create its tables and warm its code. */
const WARM_UP_WRITES = 3;

describe.skipIf(!canStrace())("PUT under strace (skipped where there is no strace)", () => {
  test("D-4.1-2, K-16 with sync on, 204 comes after the data was flushed on W nodes", async () => {
    for (const nodes of await flushingNodes(true)) expect(nodes).toBeGreaterThanOrEqual(W);
  });

  test("with sync off, 204 comes although nobody flushed", async () => {
    for (const nodes of await flushingNodes(false)) expect(nodes).toBe(0);
  });
});

interface TimedWrite {
  readonly sentSeconds: number;
  readonly acknowledgedSeconds: number;
}

/** For each write, on how many nodes a flush began and ended between request and acknowledgement. */
async function flushingNodes(sync: boolean): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), "ringside-sync-"));
  try {
    const traceFile = (index: number): string => join(folder, `trace-${index}`);
    const cluster = await startBenchCluster({
      nodes: NODES,
      engine: "lmdb",
      sync,
      nodeMain: fileURLToPath(import.meta.resolve("../../src/main.ts")),
      // -D: the tracer is the grandchild, so that signals meant for the node reach the node.
      program: (nodeMain, index) => [
        "strace",
        "-D",
        ...STRACE_OPTIONS,
        "-o",
        traceFile(index),
        process.execPath,
        nodeMain,
      ],
      onDeath: (error) => {
        throw error;
      },
    });
    let writes: readonly TimedWrite[];
    try {
      writes = await writeOneByOne(cluster.urls);
    } finally {
      await cluster.stop();
    }
    const traces = await Promise.all(
      Array.from({ length: NODES }, async (_, index) =>
        parseStrace(await readFile(traceFile(index), "utf8")),
      ),
    );
    return writes.map((write) => traces.filter((calls) => hasFlushed(calls, write)).length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeOneByOne(urls: readonly string[]): Promise<readonly TimedWrite[]> {
  const writes: TimedWrite[] = [];
  for (let number = 0; number < WARM_UP_WRITES + WRITES; number++) {
    const sentSeconds = Date.now() / 1_000;
    const response = await fetch(`${urls[number % urls.length]}/kv/key-${number}`, {
      method: "PUT",
      body: `value ${number}`,
    });
    const acknowledgedSeconds = Date.now() / 1_000;
    expect(response.status).toBe(204);
    if (number >= WARM_UP_WRITES) writes.push({ sentSeconds, acknowledgedSeconds });
  }
  return writes;
}

/** The clock of the request has whole milliseconds, so a flush may seem to begin one before it. */
function hasFlushed(calls: readonly SystemCall[], write: TimedWrite): boolean {
  return calls.some(
    (call) =>
      isFlushOf(call, "data.mdb") &&
      call.startSeconds >= write.sentSeconds - 0.001 &&
      call.endSeconds <= write.acknowledgedSeconds + 0.001,
  );
}
