import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { OperationRequest, WorkloadClient } from "../client/contract.ts";
import { ClientContractError } from "../client/verified-clients.ts";
import { NEVER_BEGUN, NEVER_COMPLETED } from "../history/cart-operation.ts";
import type { HistoryLine, Operation } from "../history/operation.ts";
import { pairOperations } from "../history/pairs.ts";
import type { Completion } from "../history/recorder.ts";
import { Recorder } from "../history/recorder.ts";
import { limit, repeated } from "./combinators.ts";
import { interpret } from "./interpreter.ts";
import { openLoop } from "./open-loop.ts";
import { VirtualClock } from "./testing/virtual-clock.ts";

const OK: Completion = { type: "ok", node: "n1", value: null };

interface Trial {
  readonly invoke: (
    request: OperationRequest,
    process: number,
    clock: VirtualClock,
  ) => Promise<Completion>;
  readonly ratePerSecond?: number;
  readonly operations?: number;
  readonly processes?: number;
  readonly timeLimitMs?: number;
  readonly drainMs?: number;
  readonly write?: (text: string) => void;
}

async function interpreted(trial: Trial) {
  const { operations = 10, processes = 2, timeLimitMs = 1_000, drainMs = 100 } = trial;
  const clock = new VirtualClock();
  const recorder = new Recorder(
    { clock },
    { write: trial.write ?? (() => {}) },
    {
      format: "ringside-history",
      version: 1,
      workload: "w",
      seed: 1,
      nodes: ["n1", "n2"],
    },
  );
  const opened: { readonly process: number; readonly homeNode: string; closed: number }[] = [];
  const clients = {
    open(process: number, homeNode: string): WorkloadClient {
      const entry = { process, homeNode, closed: 0 };
      opened.push(entry);
      return {
        invoke: (request) => trial.invoke(request, process, clock),
        close: () => void entry.closed++,
      };
    },
  };
  const load = openLoop(
    { ratePerSecond: trial.ratePerSecond ?? 100, arrivals: "fixed" },
    limit(
      operations,
      repeated(() => ({ f: "add", key: "k", value: "i" })),
    ),
  );
  const run = interpret(
    { clock, random: new SeededRandom(1) },
    { generator: load, clients, recorder },
    { nodes: ["n1", "n2"], processes, timeLimitNs: timeLimitMs * 1e6, drainMs },
  );
  const outcome = await clock.run(run).then(
    (result) => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error }),
  );
  return { ...outcome, lines: recorder.lines, opened };
}

const completions = (lines: readonly HistoryLine[]) =>
  lines.filter(
    (line): line is Operation => line.type === "ok" || line.type === "fail" || line.type === "info",
  );

describe("interpret()", () => {
  test("begins operations at their intended starts while processes are free", async () => {
    const { result, lines } = await interpreted({
      invoke: async (_, __, clock) => {
        await clock.after(3);
        return OK;
      },
    });
    expect(result).toEqual({ attempted: 10, ok: 10, fail: 0, info: 0, neverBegun: 0 });
    for (const [position, { invocation, completion }] of pairOperations(lines).pairs.entries()) {
      expect(invocation.intendedNs).toBe(position * 10e6);
      expect(invocation.timeNs).toBe(invocation.intendedNs);
      expect(completion?.timeNs).toBe(invocation.intendedNs + 3e6);
    }
  });

  test("counts a stall from the intended starts of all it delays", async () => {
    let calls = 0;
    const { lines } = await interpreted({
      processes: 1,
      invoke: async (_, __, clock) => {
        await clock.after(calls++ === 0 ? 95 : 0);
        return OK;
      },
    });
    const latencies = completions(lines).map(
      ({ timeNs, intendedNs }) => (timeNs - intendedNs) / 1e6,
    );
    expect(latencies).toEqual([95, 85, 75, 65, 55, 45, 35, 25, 15, 5]);
  });

  test("replaces a process that ended in info by a new one with a fresh client", async () => {
    let calls = 0;
    const { lines, opened, result } = await interpreted({
      invoke: async () =>
        calls++ === 0 ? { type: "info", node: "n1", value: "i", error: "timeout" } : OK,
    });
    expect(result).toMatchObject({ ok: 9, info: 1 });
    expect(pairOperations(lines).problems).toEqual([]);
    expect(opened).toEqual([
      { process: 0, homeNode: "n1", closed: 1 },
      { process: 1, homeNode: "n2", closed: 1 },
      { process: 2, homeNode: "n1", closed: 1 },
    ]);
    expect(lines.filter((line) => "process" in line && line.process === 0).length).toBe(2);
  });

  test("gives up after the drain: under way is info, never begun is fail", async () => {
    const { lines, result, opened } = await interpreted({
      timeLimitMs: 50,
      invoke: () => new Promise(() => {}),
    });
    expect(result).toEqual({ attempted: 5, ok: 0, fail: 3, info: 2, neverBegun: 3 });
    expect(pairOperations(lines).problems).toEqual([]);
    expect(completions(lines).map(({ error }) => error)).toEqual([
      NEVER_COMPLETED,
      NEVER_COMPLETED,
      NEVER_BEGUN,
      NEVER_BEGUN,
      NEVER_BEGUN,
    ]);
    expect(completions(lines)[0]?.timeNs).toBe(150e6);
    expect(completions(lines)[4]?.intendedNs).toBe(40e6);
    expect(opened.every(({ closed }) => closed === 1)).toBe(true);
  });

  test("still begins what is overdue when a process comes free during the drain", async () => {
    const { result } = await interpreted({
      timeLimitMs: 50,
      processes: 1,
      invoke: async (_, __, clock) => {
        await clock.after(20);
        return OK;
      },
    });
    expect(result).toMatchObject({ attempted: 5, ok: 5, neverBegun: 0 });
  });

  test.each([
    ["throws", async () => Promise.reject(new TypeError("bug")), "it rejected with TypeError: bug"],
    [
      "completes with nonsense",
      async () => ({ type: "ok", node: "n9", value: null, error: "x" }) as Completion,
      "ok carries the error x; node n9 is not in the cluster",
    ],
  ])("ends at a client that %s, and records its operation as info", async (_, invoke, message) => {
    const { error, lines } = await interpreted({ invoke });
    expect(error).toBeInstanceOf(ClientContractError);
    expect(String(error)).toContain(message);
    expect(completions(lines)).toMatchObject([{ type: "info", error: "client-broke-contract" }]);
  });

  test("ends when the history cannot be recorded", async () => {
    const { error } = await interpreted({
      ratePerSecond: 1,
      timeLimitMs: 20_000,
      invoke: async () => OK,
      write: () => {
        throw new Error("disk full");
      },
    });
    expect(String(error)).toContain("Cannot record the history: disk full");
  });
});
