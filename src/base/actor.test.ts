import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTOR_LENGTH_MAX, actorOf, incarnationOf, isActor, parseActor } from "./actor.ts";
import { AssertionError } from "./assert.ts";
import { nodeId } from "./ids.ts";

const nodeIds = fc
  .stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
  .filter((text) => text.length <= 64)
  .map(nodeId);
const incarnations = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(incarnationOf);

describe("actor", () => {
  it("parseActor() gives back the parts that actorOf() took", () => {
    fc.assert(
      fc.property(nodeIds, incarnations, fc.maxSafeNat(), (node, incarnation, epoch) => {
        const parts = { nodeId: node, incarnation, epoch };
        const actor = actorOf(parts);
        expect(actor.length).toBeLessThanOrEqual(ACTOR_LENGTH_MAX);
        expect(isActor(actor)).toBe(true);
        expect(parseActor(actor)).toEqual(parts);
      }),
    );
  });

  it("parseActor() refuses what actorOf() cannot have made", () => {
    const good = "a/AAAAAAAAAAA/0";
    expect(parseActor(good)).toBeDefined();
    for (const text of [
      "",
      "a",
      "a/AAAAAAAAAAA",
      "a/AAAAAAAAAAA/",
      "/AAAAAAAAAAA/0",
      "a/AAAAAAAAAAB/0",
      "a/AAAAAAAAAA/0",
      "a/AAAAAAAAAAA/01",
      "a/AAAAAAAAAAA/A",
      "a/AAAAAAAAAAA/2gosa7pa2gw",
      "a/AAAAAAAAAAA/100000000000",
      "a b/AAAAAAAAAAA/0",
      `${"a".repeat(65)}/AAAAAAAAAAA/0`,
      `${good}\n`,
      `${good}/0`,
    ]) {
      expect(parseActor(text), JSON.stringify(text)).toBeUndefined();
    }
    expect(parseActor("a/AAAAAAAAAAA/2gosa7pa2gv")?.epoch).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("actorOf() and incarnationOf() refuse wrong parts", () => {
    const parts = { nodeId: nodeId("a"), incarnation: "AAAAAAAAAAA", epoch: 0 };
    expect(actorOf({ ...parts, epoch: 36 })).toBe("a/AAAAAAAAAAA/10");
    expect(() => actorOf({ ...parts, epoch: -1 })).toThrow(AssertionError);
    expect(() => actorOf({ ...parts, incarnation: "short" })).toThrow(AssertionError);
    expect(() => incarnationOf(new Uint8Array(7))).toThrow(AssertionError);
  });
});
