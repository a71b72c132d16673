import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { lww } from "./lww.ts";
import { testActor } from "./testing/causal-world.ts";
import type { Siblings } from "./versioning.ts";

function put(stored: Siblings, name: string, wallMs: number, node = 0): Siblings {
  return lww.update(stored, stored.clock, utf8Bytes(name), { actor: testActor(node), wallMs });
}

function name(siblings: Siblings): string {
  expect(siblings.payloads).toHaveLength(1);
  return new TextDecoder().decode(siblings.payloads[0]);
}

describe("lww", () => {
  it("D-6-2, K-14 keeps the version with the larger wall time, whichever was written last", () => {
    const ahead = put(lww.empty, "by a clock ahead", 2_000, 1);
    expect(name(put(ahead, "later", 1_000))).toBe("by a clock ahead");
    expect(put(ahead, "later", 1_000)).toBe(ahead);
    expect(name(put(ahead, "much later", 2_001))).toBe("much later");
  });

  it("decides equal times by actor and then by payload, the same way everywhere", () => {
    const [a, b] = [put(lww.empty, "b", 5, 0), put(lww.empty, "a", 5, 1)];
    expect(lww.merge(a, b)).toBe(b);
    expect(lww.merge(b, a)).toBe(b);
    const [c, d] = [put(lww.empty, "c", 5), put(lww.empty, "d", 5)];
    expect(name(lww.merge(c, d))).toBe("d");
    expect(name(lww.merge(d, c))).toBe("d");
  });

  it("hands out a clock that is empty only where there is no version", () => {
    expect(lww.empty.clock.size).toBe(0);
    expect(put(lww.empty, "at the epoch", 0).clock).toEqual(new Map([[testActor(0), 1]]));
    expect(put(lww.empty, "with a fraction", 7.9).clock).toEqual(new Map([[testActor(0), 7]]));
  });
});
