import { describe, expect, test } from "vitest";
import { EndpointChooser } from "./endpoint-choice.ts";

const ATTEMPT_MS = 1_500;
const PATIENCE = { suspectMs: 1_000, attemptTimeoutMs: ATTEMPT_MS };

describe("EndpointChooser", () => {
  test("asks nodes in their order, and a silent one after all others", () => {
    const scene = new Scene("a", "b", "c");
    expect(scene.choose()).toBe("a");
    scene.silent("a");
    expect(scene.choose()).toBe("b");
  });

  test("probes a silent node after a while, by one call until it is known what became of that", () => {
    const scene = new Scene("a", "b");
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs);
    expect(scene.ask()).toBe("a");
    scene.advance(ATTEMPT_MS - 1);
    expect(scene.choose()).toBe("b");
    scene.advance(1);
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs - 1);
    expect(scene.choose()).toBe("b");
    scene.advance(1);
    expect(scene.choose()).toBe("a");
  });

  test("makes no second probe while one is under way, and none of the same node when another has answered", () => {
    const scene = new Scene("a", "b", "c");
    for (const node of ["a", "b"]) scene.silent(node);
    scene.advance(10_000);
    expect(scene.ask()).toBe("a");
    scene.advance(ATTEMPT_MS - 1);
    expect(scene.choose()).toBe("c");
    scene.silent("a");
    scene.advance(10_000);
    expect(scene.ask()).toBe("b");
    scene.answered("a");
    expect(scene.choose()).toBe("a");
    expect(scene.with(scene.chooser, "b", "c").choose()).toBe("c");
  });

  test("gives each of many silent nodes its turn, though the first one of all is asked for at every moment", () => {
    const chooser = new EndpointChooser(PATIENCE);
    const scene = new Scene("dead", "c").with(chooser);
    const other = new Scene("healed", "c").with(chooser);
    for (const each of ["dead", "healed"]) scene.silent(each);
    const asked = new Set<string>();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
      scene.advanceTo(nowMs);
      other.advanceTo(nowMs);
      // The hot key's call comes first.
      if (scene.ask() === "dead") scene.silentLater("dead");
      asked.add(other.choose());
    }
    expect(asked).toEqual(new Set(["c", "healed"]));
  });

  test("returns to all that are healed as soon as one of them answers", () => {
    const scene = new Scene("a", "b", "c", "d");
    for (const node of ["a", "b", "c"]) scene.silent(node);
    scene.advance(PATIENCE.suspectMs);
    const asked: string[] = [];
    for (let call = 0; call < 4; call += 1) {
      asked.push(scene.ask());
      scene.answered(asked.at(-1) ?? "");
    }
    expect(asked).toEqual(["a", "a", "a", "a"]);
    expect(scene.with(scene.chooser, "b", "a").choose()).toBe("b");
    expect(scene.with(scene.chooser, "c", "a").choose()).toBe("c");
  });

  test("does not let those that were probed in vain wait for their round then", () => {
    const scene = new Scene("a", "d");
    for (const node of ["a", "b", "c"]) scene.silent(node);
    scene.advance(PATIENCE.suspectMs);
    expect(scene.ask()).toBe("a");
    scene.silentLater("a");
    scene.advance(2 * ATTEMPT_MS);
    expect(scene.choose()).toBe("d");
    scene.answered("b");
    expect(scene.choose()).toBe("a");
  });

  test("goes to the owner of each key at once after nobody could be reached", () => {
    const chooser = new EndpointChooser(PATIENCE);
    const scene = new Scene("a", "b", "c").with(chooser);
    for (const node of ["a", "b", "c"]) scene.silent(node);
    scene.advance(PATIENCE.suspectMs);
    scene.answered(scene.ask());
    for (const owner of ["b", "c"]) {
      const call = new Scene(owner, "a").with(chooser);
      call.advanceTo(scene.nowMs);
      expect(call.ask()).toBe(owner);
      call.answered(owner);
    }
  });

  test("is not kept from probing by nodes that are silent for the first time", () => {
    const scene = new Scene("a", "b");
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs / 2);
    scene.silent("elsewhere");
    scene.advance(PATIENCE.suspectMs / 2);
    expect(scene.choose()).toBe("a");
  });

  test("tries a doubted node before one that only fails again", () => {
    const scene = new Scene("broken", "b");
    scene.silent("b");
    scene.advance(PATIENCE.suspectMs);
    expect(scene.choose()).toBe("broken");
    expect(scene.choose({ tried: ["broken"] })).toBe("b");
  });

  test("asks a node that wants to be left alone after a doubted one", () => {
    const scene = new Scene("a", "b");
    scene.silent("b");
    expect(scene.choose()).toBe("a");
    scene.chooser.holdOff("a", 1);
    expect(scene.choose()).toBe("b");
  });

  test("learns nothing from attempts that began before a node was doubted, or probed", () => {
    const scene = new Scene("a", "b");
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs - 1);
    scene.chooser.doubt("a", -1, scene.nowMs);
    scene.advance(1);
    expect(scene.ask()).toBe("a");
    scene.advance(ATTEMPT_MS - 1);
    scene.chooser.doubt("a", -1, scene.nowMs);
    scene.advance(PATIENCE.suspectMs);
    expect(scene.choose()).toBe("a");
  });

  test("has no longer rounds for nodes that are there no more", () => {
    const scene = new Scene("a", "b");
    for (let gone = 0; gone < 40; gone += 1) scene.silent(`gone ${gone}`);
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs);
    scene.chooser.keepOnly(["a", "b"]);
    expect(scene.ask()).toBe("a");
    scene.silent("a");
    scene.advance(PATIENCE.suspectMs);
    expect(scene.choose()).toBe("a");
  });

  test("gives the turn of a node that asked to be left alone to the next", () => {
    const scene = new Scene("a", "b", "c");
    for (const node of ["a", "b"]) scene.silent(node);
    scene.chooser.holdOff("a", 60_000);
    scene.advance(10_000);
    expect(scene.choose()).toBe("b");
  });

  test("asks those silent for longest first where all are, whose calls have not ended as well", () => {
    const scene = new Scene("a", "b", "c");
    for (const node of ["a", "b", "c"]) {
      scene.silent(node);
      scene.advance(1);
    }
    const asked = ["a", "b", "c"].map(() => {
      scene.advance(1);
      return scene.ask();
    });
    expect(asked).toEqual(["a", "b", "c"]);
  });

  test("lets a call that would fail with a probe make one only where nobody did for long", () => {
    const scene = new Scene("a", "b");
    scene.silent("a");
    scene.advance(10 * PATIENCE.suspectMs);
    expect(scene.choose({ isProbeCostly: true })).toBe("b");
    scene.advance(PATIENCE.suspectMs);
    expect(scene.choose({ isProbeCostly: true })).toBe("a");
  });
});

/** Calls for one key's nodes, in their order, and a clock. */
class Scene {
  chooser = new EndpointChooser(PATIENCE);
  nowMs = 0;
  #endpoints: readonly string[];
  #later: { readonly atMs: number; readonly endpoint: string }[] = [];

  constructor(...endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  with(chooser: EndpointChooser, ...endpoints: readonly string[]): this {
    this.chooser = chooser;
    if (endpoints.length > 0) this.#endpoints = endpoints;
    return this;
  }

  choose({ tried = [] as readonly string[], isProbeCostly = false } = {}): string {
    const tries = new Map(tried.map((endpoint) => [endpoint, 1]));
    return this.chooser.choose(this.nowMs, this.#endpoints, { tries, isProbeCostly }).endpoint;
  }

  ask(): string {
    const endpoint = this.choose();
    this.chooser.asked(endpoint, this.nowMs, ATTEMPT_MS);
    return endpoint;
  }

  answered(endpoint: string): void {
    this.chooser.trust(endpoint);
  }

  silent(endpoint: string): void {
    this.chooser.doubt(endpoint, this.nowMs, this.nowMs);
  }

  silentLater(endpoint: string): void {
    this.#later.push({ atMs: this.nowMs + ATTEMPT_MS, endpoint });
  }

  advance(ms: number): void {
    this.advanceTo(this.nowMs + ms);
  }

  advanceTo(nowMs: number): void {
    this.nowMs = nowMs;
    const ended = this.#later.filter(({ atMs }) => atMs <= nowMs);
    this.#later = this.#later.filter(({ atMs }) => atMs > nowMs);
    for (const { endpoint, atMs } of ended) {
      this.chooser.doubt(endpoint, atMs - ATTEMPT_MS, atMs);
    }
  }
}
