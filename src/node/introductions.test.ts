import { describe, expect, test } from "vitest";
import { incarnationOf } from "../base/actor.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { Request } from "../protocol/messages.ts";
import type { Outcome } from "../rpc/contract.ts";
import { Introductions } from "./introductions.ts";

const N2 = nodeId("n2");
const N3 = nodeId("n3");
const N4 = nodeId("n4");
const ACCEPTED: Outcome = { kind: "reply", reply: { type: "life-reply", accepted: true } };
const REFUSED: Outcome = { kind: "reply", reply: { type: "life-reply", accepted: false } };
const TIMEOUT: Outcome = { kind: "timeout" };
const NOT_SENT: Outcome = { kind: "not-sent", reason: "nobody is there" };

interface Call {
  readonly peer: NodeId;
  readonly request: Request;
  answer(outcome: Outcome): void;
}

/** A life that goes on, or a fresh one, and the calls that tell of it, which the test answers. */
function world({ goesOn }: { readonly goesOn: boolean }) {
  const clock = new ManualClock();
  const name = (number: number): string => incarnationOf(new Uint8Array(8).fill(number));
  let incarnation = 1;
  const life = {
    get claim() {
      const after = goesOn && incarnation === 1 ? name(9) : undefined;
      return { incarnation: name(incarnation), life: name(10), after };
    },
    replace: async () => {
      incarnation += 1;
    },
  };
  const peers = [N2, N3];
  const open: Call[] = [];
  const call = (peer: NodeId, request: Request, _ms: number, done: (o: Outcome) => void): Timer => {
    const forget = (): void => {
      if (open.includes(entry)) open.splice(open.indexOf(entry), 1);
    };
    const answer = (outcome: Outcome): void => {
      forget();
      done(outcome);
    };
    const entry: Call = { peer, request, answer };
    open.push(entry);
    return { cancel: forget };
  };
  const transport = { connect: refuse, listen: refuse };
  const introductions = new Introductions(
    { ...quietEnvironment(clock), transport },
    { life, calls: { call }, peers: () => [...peers] },
    { settleMs: 2_000, callTimeoutMs: 500, retryMs: 100 },
  );
  const replacements = (): number => incarnation - 1;
  const answer = (peer: NodeId, outcome: Outcome): void =>
    open.find((each) => each.peer === peer)?.answer(outcome);
  return {
    clock,
    open,
    peers,
    introductions,
    replacements,
    answer,
    told: () => open.map((c) => c.peer),
  };
}

function refuse(): never {
  throw new Error("Cannot do this: introductions have no business with it");
}

async function isSettled(settling: Promise<void>): Promise<boolean> {
  let settled = false;
  void settling.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe("Introductions of a life that goes on", () => {
  test("settle once every peer has accepted it", async () => {
    const { introductions, answer, replacements, told, clock } = world({ goesOn: true });
    const settling = introductions.settle();
    expect(told()).toEqual([N2, N3]);
    answer(N2, ACCEPTED);
    expect(await isSettled(settling)).toBe(false);
    answer(N3, ACCEPTED);
    expect(await isSettled(settling)).toBe(true);
    expect([replacements(), clock.timerCount]).toEqual([0, 0]);
  });

  test("ask again until time is up, then replace the incarnation and tell of the fresh one", async () => {
    const { introductions, answer, replacements, told, open, clock } = world({ goesOn: true });
    const settling = introductions.settle();
    answer(N2, ACCEPTED);
    answer(N3, NOT_SENT);
    expect(told()).toEqual([]);
    clock.advance(100);
    expect(told()).toEqual([N3]);
    clock.advance(1_900);
    expect(await isSettled(settling)).toBe(true);
    expect(replacements()).toBe(1);
    expect(told()).toEqual([N2, N3]);
    expect(open.map(({ request }) => "after" in request && request.after)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("replace the incarnation at the first refusal", async () => {
    const { introductions, answer, replacements } = world({ goesOn: true });
    const settling = introductions.settle();
    answer(N3, REFUSED);
    expect(await isSettled(settling)).toBe(true);
    expect(replacements()).toBe(1);
  });
});

describe("Introductions of a fresh incarnation", () => {
  test("wait for nobody, and tell each peer once it is there", async () => {
    const { introductions, answer, told, clock } = world({ goesOn: false });
    await introductions.settle();
    expect(told()).toEqual([]);
    introductions.greeted(N2);
    introductions.greeted(N2);
    expect(told()).toEqual([N2]);
    answer(N2, ACCEPTED);
    introductions.greeted(N2);
    introductions.greeted(N3);
    expect(told()).toEqual([N3]);
    answer(N3, NOT_SENT);
    clock.advance(1_000);
    expect(told()).toEqual([]);
    introductions.greeted(N3);
    answer(N3, TIMEOUT);
    clock.advance(100);
    expect(told()).toEqual([N3]);
  });

  test("tell who has joined at once: a connection may be there already", async () => {
    const { introductions, peers, answer, told } = world({ goesOn: false });
    await introductions.settle();
    introductions.greeted(N4);
    expect(told()).toEqual([]);
    peers.push(N4);
    introductions.peersChanged();
    expect(told()).toEqual([N4]);
    answer(N4, ACCEPTED);
    introductions.peersChanged();
    expect(told()).toEqual([]);
  });

  test("stop with no call and no timer left", async () => {
    const { introductions, answer, told, clock } = world({ goesOn: false });
    await introductions.settle();
    introductions.greeted(N2);
    introductions.greeted(N3);
    answer(N3, TIMEOUT);
    introductions.stop();
    expect([told(), clock.timerCount]).toEqual([[], 0]);
  });
});
