import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Cart } from "../../src/client/reconcile/cart.ts";
import { cartReconciler } from "../../src/client/reconcile/cart-reconciler.ts";
import type { FinalRead, HistoryLine, Operation } from "../history/operation.ts";
import type { Reconciler } from "../run/plan.ts";
import { RECONCILERS } from "../run/plan.ts";
import { gatherEvidence } from "./evidence.ts";
import { checkReadContents } from "./read-contents.ts";
import { HEADER, HistoryBuilder } from "./testing/history-builder.ts";

const KEY = "cart-0";

function judged(lines: readonly HistoryLine[], reconcile: Reconciler = "union") {
  return checkReadContents(gatherEvidence(HEADER, lines, undefined), { reconcile });
}

/** A cart's writes and reads by the names of versions. */
class NamedHistory {
  readonly builder = new HistoryBuilder();
  #process = 0;

  add(wrote: string, saw: readonly string[], item: string, type: "ok" | "info" = "ok"): this {
    return this.#end("add", type, item, { value: item, saw, wrote, versions: saw.length });
  }

  remove(wrote: string, saw: readonly string[], item: string, readSet: readonly string[]): this {
    return this.#end("remove", "ok", null, {
      value: item,
      saw,
      wrote,
      readSet,
      versions: saw.length,
    });
  }

  removeUntold(wrote: string, saw: readonly string[], item: string): this {
    return this.#end("remove", "ok", null, { value: item, saw, wrote, versions: saw.length });
  }

  view(saw: readonly string[], items: readonly string[]): this {
    return this.#end("view", "ok", null, { value: items, saw, versions: saw.length });
  }

  judged(reconcile: Reconciler = "union") {
    return judged(this.builder.lines, reconcile);
  }

  #end(
    f: string,
    type: "ok" | "info",
    value: unknown,
    ending: Parameters<HistoryBuilder["complete"]>[2],
  ): this {
    this.builder.complete(this.builder.invoke(this.#process++, f, KEY, value), type, ending);
    return this;
  }
}

const history = () => new NamedHistory();
/** Two versions that do not know of each other, with an item each; the second has taken out what the first still holds. */
const conflict = () =>
  history().add("1-1", [], "a").add("2-1", ["1-1"], "b").remove("3-1", ["1-1"], "a", ["a"]);

describe("checkReadContents()", () => {
  test("is silent where each read shows what its versions' writers left", () => {
    const found = conflict().view(["2-1"], ["a", "b"]).view(["3-1"], []).view([], []).judged();
    expect(found).toEqual({
      verdict: "valid",
      reasons: [],
      reads: 4,
      wrong: 0,
      undecided: 0,
      examples: [],
    });
  });

  test("calls no run valid whose removes do not say what they had read, and convicts it all the same", () => {
    const untold = () => conflict().removeUntold("4-1", ["2-1"], "b");
    const reason = "1 remove(s) do not tell what they had read (readSet), the first at index 7.";
    expect(untold().judged()).toMatchObject({
      verdict: "unknown",
      reasons: [reason],
      reads: 1,
      undecided: 1,
    });
    const { verdict, reasons } = untold().view(["2-1"], ["strange"]).judged();
    expect({ verdict, last: reasons.at(-1) }).toEqual({ verdict: "invalid", last: reason });
  });

  test("names the first of such removes in the history, whichever cart it is of", () => {
    const builder = new HistoryBuilder();
    const remove = (key: string, saw: readonly string[] | undefined) =>
      builder.complete(builder.invoke(0, "remove", key), "ok", { value: "a", ...(saw && { saw }) });
    remove("cart-1", undefined);
    remove("cart-2", ["1-1"]);
    remove("cart-1", ["1-1"]);
    expect(judged(builder.lines).reasons).toEqual([
      "2 remove(s) do not tell what they had read (readSet), the first at index 3.",
    ]);
  });

  test("takes more of such removes of one cart than a call takes arguments", () => {
    const many = history();
    for (let number = 0; number < 150_000; number += 1) many.removeUntold(`1-${number}`, [], "a");
    expect(many.judged()).toMatchObject({ verdict: "unknown", undecided: 150_000 });
  });

  test("joins conflicting versions as the run's carts do (K-23)", () => {
    const read = (items: readonly string[]) => conflict().view(["2-1", "3-1"], items);
    expect(read(["a", "b"]).judged("union").verdict).toBe("valid");
    expect(read(["b"]).judged("or-set").verdict).toBe("valid");
    expect(read(["a", "b"]).judged("lww").verdict).toBe("valid");
    expect(read(["b"]).judged("union").verdict).toBe("invalid");
    expect(read(["a", "b"]).judged("or-set").verdict).toBe("invalid");
    expect(read(["b"]).judged("lww").verdict).toBe("invalid");
  });

  test("catches a removed item that its own version shows again", () => {
    const { verdict, examples, reasons } = conflict().view(["3-1"], ["a"]).judged();
    expect(verdict).toBe("invalid");
    expect(examples).toEqual([{ kind: "extra", key: KEY, value: "a", index: 7, saw: ["3-1"] }]);
    expect(reasons[0]).toContain("showed a, which version(s) 3-1 did not hold");
  });

  test("catches an empty view under the name of a version that is not empty", () => {
    const { verdict, examples } = conflict().view(["2-1"], []).judged();
    expect(verdict).toBe("invalid");
    expect(examples).toEqual([{ kind: "missing", key: KEY, value: "a", index: 7, saw: ["2-1"] }]);
  });

  test("catches items under no name at all, and what a remove had not read", () => {
    const { verdict, reasons } = history().add("1-1", [], "a").view([], ["a"]).judged();
    expect(verdict).toBe("invalid");
    expect(reasons[0]).toContain("showed a, and named no version.");
    const { examples } = history()
      .add("1-1", [], "a")
      .add("2-1", ["1-1"], "b")
      .remove("3-1", ["2-1"], "b", ["b"])
      .judged();
    expect(examples).toMatchObject([{ kind: "missing", value: "a", saw: ["2-1"] }]);
  });

  test("looks at the read at the end, and takes writes in doubt for what they say they wrote", () => {
    const written = history().add("1-1", [], "a", "info");
    const final = {
      type: "final-read",
      node: "n1",
      key: KEY,
      versions: 1,
      saw: ["1-1"],
      timeNs: 9e6,
    } as const;
    const read = (value: readonly string[]): FinalRead => ({ ...final, index: 2, value });
    expect(judged([...written.builder.lines, read(["a"])]).verdict).toBe("valid");
    expect(judged([...written.builder.lines, read([])]).verdict).toBe("invalid");
  });

  test("leaves undecided what a write without a name stands behind, and does not call it valid", () => {
    const found = history()
      .add("1-1", ["9-9"], "a")
      .view(["1-1"], ["a", "c"])
      .view([], [])
      .judged();
    expect(found).toMatchObject({ verdict: "unknown", reads: 1, undecided: 1 });
  });

  test("leaves undecided versions that stand behind themselves", () => {
    const found = history()
      .add("1-1", ["2-1"], "a")
      .add("2-1", ["1-1"], "b")
      .view(["2-1"], ["a", "b"])
      .judged();
    expect(found).toMatchObject({ verdict: "unknown", undecided: 1 });
  });

  test("takes a chain of many versions without calling itself for each", () => {
    const long = history().add("1-0", [], "i0");
    for (let number = 1; number < 20_000; number++) {
      long.add(`1-${number}`, [`1-${number - 1}`], `i${number}`);
    }
    const items = Array.from({ length: 20_000 }, (_, number) => `i${number}`);
    expect(long.view(["1-19999"], items).judged()).toMatchObject({ verdict: "valid", reads: 1 });
  });
});

/** A random history in which clients join, change and show carts by the library's reconciler; each version's cart beside it. */
function randomHistory(random: SeededRandom, reconcile: Reconciler): HistoryLine[] {
  const reconciler = cartReconciler(reconcile);
  const carts = new Map<string, Cart>();
  const names: string[] = [];
  const written = history();
  const steps = 2 + random.integer(40);
  for (let step = 0; step < steps; step++) {
    const count = Math.min(names.length, random.integer(4));
    const saw = [...new Set(Array.from({ length: count }, () => random.pick(names)))];
    const cart = reconciler.merge(saw.map((name) => carts.get(name) ?? reconciler.empty));
    const items = reconciler.items(cart);
    const wrote = `1-${step}`;
    const does = random.integer(3);
    if (does === 0) {
      written.view(saw, items);
    } else if (does === 1 && items.length > 0) {
      const item = random.pick(items);
      carts.set(wrote, reconciler.remove(cart, item));
      names.push(wrote);
      written.remove(wrote, saw, item, items);
    } else {
      carts.set(wrote, reconciler.add(cart, `i${step}`, `i${step}`));
      names.push(wrote);
      written.add(wrote, saw, `i${step}`);
    }
  }
  return written.builder.lines;
}

const shownBy = (line: HistoryLine): readonly string[] | undefined => {
  if (line.type !== "ok") return undefined;
  return line.f === "view" ? (line.value as readonly string[]) : line.readSet;
};

describe.each(RECONCILERS)("checkReadContents() of random %s carts", (reconcile) => {
  test("is silent on what the library's reconciler shows, and catches any one item more or less", () => {
    let damaged = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new SeededRandom(seed);
        const lines = randomHistory(random, reconcile);
        expect(judged(lines, reconcile)).toMatchObject({ verdict: "valid", undecided: 0 });
        const reads = lines.filter((line) => shownBy(line) !== undefined);
        if (reads.length === 0) return;
        const victim = random.pick(reads) as Operation;
        const items = shownBy(victim) ?? [];
        const isMore = items.length === 0 || random.integer(2) === 0;
        const other = isMore
          ? [...items, "strange"]
          : items.toSpliced(random.integer(items.length), 1);
        const changed = victim.f === "view" ? { value: other } : { readSet: other };
        const spoiled = lines.map((line) => (line === victim ? { ...victim, ...changed } : line));
        expect(judged(spoiled, reconcile)).toMatchObject({
          verdict: "invalid",
          wrong: 1,
          examples: [{ kind: isMore ? "extra" : "missing", index: victim.index }],
        });
        damaged += 1;
      }),
    );
    expect(damaged).toBeGreaterThan(50);
  });
});
