import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { FailureDetector } from "./failure-detector.ts";

const PEER = nodeId("peer");

function world() {
  const clock = new ManualClock();
  const pinged: NodeId[] = [];
  const cameUp: NodeId[] = [];
  const environment = { ...quietEnvironment(clock), transport: noTransport };
  const detector = new FailureDetector(
    environment,
    { ping: (peer) => pinged.push(peer), onUp: (peer) => cameUp.push(peer) },
    { missesMax: 3, retryDownMs: 500, silenceMs: 100 },
  );
  return { clock, pinged, cameUp, detector };
}

const noTransport = {
  connect: () => {
    throw new Error("A failure detector opens no connection");
  },
  listen: () => Promise.reject(new Error("A failure detector listens nowhere")),
};

describe("FailureDetector", () => {
  test("believes everybody up before the first miss", () => {
    expect(world().detector.isUp(PEER)).toBe(true);
  });

  test("needs misses in a row: an answer between them clears them", () => {
    const { detector } = world();
    detector.missed(PEER);
    detector.missed(PEER);
    detector.answered(PEER);
    detector.missed(PEER);
    detector.missed(PEER);
    expect(detector.isUp(PEER)).toBe(true);
    detector.missed(PEER);
    expect(detector.isUp(PEER)).toBe(false);
    expect(detector.suspected()).toEqual([PEER]);
  });

  test("forgets a peer that has left, and pings it no more", () => {
    const { detector, clock, pinged } = world();
    const other = nodeId("other");
    for (const peer of [PEER, PEER, PEER, other, other, other]) detector.missed(peer);
    expect(detector.suspected()).toEqual([PEER, other]);
    detector.keepOnly([other]);
    expect(detector.suspected()).toEqual([other]);
    for (let miss = 0; miss < 3; miss += 1) detector.missed(PEER);
    detector.leaves(PEER);
    expect(detector.suspected()).toEqual([other]);
    clock.advance(1_000);
    expect(new Set(pinged)).toEqual(new Set([other]));
    detector.keepOnly([other, PEER]);
    for (let miss = 0; miss < 3; miss += 1) detector.missed(PEER);
    expect(detector.suspected()).toEqual([other, PEER]);
  });

  test("D-4.8.3-1 holds no silence against a peer that answered something meanwhile", () => {
    const { detector, clock } = world();
    for (let time = 0; time < 10; time += 1) {
      clock.advance(60);
      detector.heard(PEER);
      clock.advance(40);
      detector.overdue(PEER, 100);
      clock.runTurn();
    }
    expect(detector.isUp(PEER)).toBe(true);
    for (const untilDown of [true, true, false]) {
      clock.advance(100);
      detector.overdue(PEER, 100);
      clock.runTurn();
      expect(detector.isUp(PEER)).toBe(untilDown);
    }
  });

  test("takes what is overdue in one turn for one miss, and none where answers wait to be read", () => {
    const { detector, clock } = world();
    const stall = (isAnswered: boolean) => {
      clock.advance(300);
      for (let call = 0; call < 8; call += 1) detector.overdue(PEER, 100);
      if (isAnswered) detector.heard(PEER);
      clock.runTurn();
    };
    for (let time = 0; time < 5; time += 1) stall(true);
    stall(false);
    stall(false);
    expect(detector.isUp(PEER)).toBe(true);
    stall(false);
    expect(detector.isUp(PEER)).toBe(false);
  });

  test("learns nothing from requests that had no time", () => {
    const { detector, clock } = world();
    for (let call = 0; call < 10; call += 1) {
      clock.advance(100);
      detector.overdue(PEER, 99);
      clock.runTurn();
    }
    expect(detector.isUp(PEER)).toBe(true);
    expect(detector.calmMs()).toBe(0);
  });

  test("takes a peer that says that it stops for down at once, and pings it until it answers", () => {
    const { detector, clock, pinged, cameUp } = world();
    detector.leaves(PEER);
    detector.leaves(PEER);
    expect(detector.suspected()).toEqual([PEER]);
    clock.advance(600);
    expect(pinged).toHaveLength(1);
    // What it still does as a replica is no return.
    detector.answered(PEER);
    expect(detector.isUp(PEER)).toBe(false);
    detector.answered(PEER, true);
    expect(cameUp).toEqual([PEER]);
    expect(clock.timerCount).toBe(0);
  });

  test("D-4.8.3-2 pings only a peer that is down, periodically, until it answers", () => {
    const { detector, clock, pinged, cameUp } = world();
    clock.advance(10_000);
    expect(pinged).toEqual([]);
    for (let miss = 0; miss < 3; miss++) detector.missed(PEER);
    clock.advance(1_600);
    expect(pinged).toHaveLength(3);
    detector.answered(PEER);
    expect(cameUp).toEqual([PEER]);
    expect(detector.isUp(PEER)).toBe(true);
    clock.advance(5_000);
    expect(pinged).toHaveLength(3);
    expect(clock.timerCount).toBe(0);
  });

  test("leaves no timer behind when it stops", () => {
    const { detector, clock } = world();
    for (let miss = 0; miss < 3; miss++) detector.missed(PEER);
    detector.stop();
    detector.missed(nodeId("other"));
    expect(clock.timerCount).toBe(0);
  });
});
