/*
 * Aim: a forwarded write goes on where a node did nothing, and says truly what became of it. Method: peers and this node's own
 * coordinator are scripts, and time stands still but where the test moves it.
 */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Ring } from "../ring/ring.ts";
import type { Outcome } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import type { Minted } from "./parts.ts";
import { WriteRouter } from "./write-router.ts";

const RECORD = Buffer.from("record");
const DONE: Outcome = { kind: "reply", reply: { type: "forward-reply", record: RECORD } };
const NOT_SENT: Outcome = { kind: "not-sent", reason: "no connection" };
const RING = { stamp: { epoch: 1, digest: "0123456789abcdef" } } as unknown as Ring;
const TIMEOUT_MS = 200;

interface Script {
  readonly candidates: readonly string[];
  /** What a forward to each peer comes to; a peer without an outcome is silent. */
  readonly outcomes?: Readonly<Record<string, Outcome>>;
  /** When it comes. Default 1. */
  readonly delayMs?: number;
  readonly ownError?: Error;
  readonly mode?: "dvvset" | "lww";
  readonly quorum?: "sloppy" | "strict";
  readonly isCandidate?: boolean;
}

/** Node `a` brings a write to `candidates`. */
function writeAt(script: Script) {
  const clock = new ManualClock();
  const unused = (): never => {
    throw new Error("Cannot connect: there is no transport");
  };
  const environment = {
    ...quietEnvironment(clock),
    transport: { connect: unused, listen: unused },
  };
  const trace: string[] = [];
  const coordinator = {
    put: async (): Promise<Minted> => {
      trace.push("own put");
      throw script.ownError ?? new Error("Cannot put: not in this script");
    },
    isCandidate: () => script.isCandidate ?? true,
    writeCandidates: () => script.candidates.map(nodeId).values() as unknown as Generator<NodeId>,
    openContext: () => new Map(),
  };
  const calls = {
    call(
      to: NodeId,
      request: { type: string },
      timeoutMs: number,
      done: (outcome: Outcome) => void,
    ) {
      trace.push(`${request.type} ${to}`);
      const outcome = request.type === "forward" ? script.outcomes?.[to] : undefined;
      return clock.setTimer(outcome === undefined ? timeoutMs : (script.delayMs ?? 1), () =>
        done(outcome ?? { kind: "timeout" }),
      );
    },
  };
  const router = new WriteRouter(
    environment,
    {
      nodeId: nodeId("a"),
      calls,
      versioning: versioningFor(script.mode ?? "dvvset"),
      ring: () => RING,
      instruments: { forwards: environment.metrics.counter("forwards", "") },
    },
    coordinator,
  );
  const ended = router
    .put({
      key: Buffer.from("k"),
      context: new Uint8Array(0),
      payload: Buffer.from([1, 0, 0]),
      w: 2,
      quorum: script.quorum ?? "sloppy",
      timeoutMs: TIMEOUT_MS,
    })
    .then(
      (record) => ({ record, error: undefined, atMs: clock.monotonicMs() - 1_000 }),
      (error: unknown) => ({ record: undefined, error, atMs: clock.monotonicMs() - 1_000 }),
    );
  /** How it ended, once all its time has passed. */
  const end = async () => {
    for (let ms = 0; ms <= TIMEOUT_MS; ms += 1) {
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      clock.advance(1);
    }
    return await ended;
  };
  return { clock, trace, end, assertions: environment.assertions };
}

function refusal(code: ErrorCode): Outcome {
  return { kind: "reply", reply: { type: "error-reply", code, message: "No" } };
}

function codeOf(error: unknown): string {
  return error instanceof DynamoError ? error.code : String(error);
}

describe("a node that cannot read its own row", () => {
  const ownError = new StorageError("Cannot read: the disk failed");

  test("asks the next candidate when its turn came after others", async () => {
    const { end, trace } = writeAt({
      candidates: ["b", "a", "c"],
      outcomes: { b: NOT_SENT, c: DONE },
      ownError,
    });
    expect((await end()).record).toEqual(RECORD);
    expect(trace).toEqual(["forward b", "own put", "forward c"]);
  });

  test("goes on listening to the one it asked, and tries itself no second time", async () => {
    const { end, trace } = writeAt({ candidates: ["a", "b"], ownError });
    const { error, atMs } = await end();
    expect(codeOf(error)).toBe("forward-lost");
    expect(atMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
    expect(trace).toEqual(["own put", "forward b", "ping b"]);
  });

  test.each([["a", "b"], ["b", "a"], ["b"]])(
    "says so in the end where nobody took it: %s %s",
    async (...candidates) => {
      const { end } = writeAt({ candidates, outcomes: { b: NOT_SENT }, ownError });
      const { error } = await end();
      expect(codeOf(error)).toBe("storage");
    },
  );
});

describe("a write that nobody took", () => {
  const full = { b: refusal("hints-full"), c: refusal("hints-full") };

  test.each([
    ["b", "c"],
    ["b", "a", "c"],
    ["a", "b", "c"],
  ])("is refused for want of room: %s %s %s", async (...candidates) => {
    const ownError = new DynamoError("hints-full", "No room");
    const { end, assertions } = writeAt({ candidates, outcomes: full, ownError });
    expect(codeOf((await end()).error)).toBe("hints-full");
    expect(assertions.countOf("a strict write found none of its primaries")).toBe(0);
  });

  test.each(["sloppy", "strict"] as const)(
    "of a %s quorum says no more than is so",
    async (quorum) => {
      const { end, assertions } = writeAt({
        candidates: ["b", "c"],
        outcomes: { b: NOT_SENT, c: NOT_SENT },
        quorum,
        isCandidate: false,
      });
      const { error } = await end();
      expect(codeOf(error)).toBe("too-few-nodes");
      expect(String(error).includes("strict")).toBe(quorum === "strict");
      const strictCount = quorum === "strict" ? 1 : 0;
      expect(assertions.countOf("a strict write found none of its primaries")).toBe(strictCount);
    },
  );
});

describe("the watch over a candidate's silence", () => {
  test("ends with the write, whichever candidate answered", async () => {
    const { clock, end, trace } = writeAt({
      candidates: ["b", "c"],
      outcomes: { b: DONE },
      delayMs: 120,
    });
    // Half of its share for b's answer, and half for that to a ping; then c is asked, and has as little time.
    clock.advance(119);
    expect(trace).toEqual(["forward b", "ping b", "forward c"]);
    clock.advance(1);
    // The call to c alone is open.
    expect(clock.timerCount).toBe(1);
    expect((await end()).record).toEqual(RECORD);
    expect(trace).toHaveLength(3);
    expect(clock.timerCount).toBe(0);
  });

  test("is not kept where the last write wins, since nobody else may be asked", async () => {
    const { end, trace } = writeAt({ candidates: ["b", "c"], mode: "lww" });
    expect(codeOf((await end()).error)).toBe("forward-lost");
    expect(trace).toEqual(["forward b"]);
  });
});
