import { expect, test } from "vitest";
import { NextRun } from "./next-run.ts";

/** Runs that end as the test says. */
function runs() {
  const begun: PromiseWithResolvers<void>[] = [];
  const next = new NextRun(() => {
    const run = Promise.withResolvers<void>();
    begun.push(run);
    return run.promise;
  });
  return { begun, next };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await undefined;
}

test("all who ask while a run is under way share the next, which begins when that has ended", async () => {
  const { begun, next } = runs();
  const first = next.ask();
  await settled();
  expect(begun).toHaveLength(1);
  const others = [next.ask(), next.ask()];
  await settled();
  expect(begun).toHaveLength(1);
  begun[0]?.resolve();
  await first;
  await settled();
  expect(begun).toHaveLength(2);
  begun[1]?.resolve();
  await Promise.all(others);
  expect(begun).toHaveLength(2);
});

test("a run that fails is told to those whose it was, and to no others", async () => {
  const { begun, next } = runs();
  const first = next.ask();
  await settled();
  const second = next.ask();
  begun[0]?.reject(new RangeError("planted"));
  await expect(first).rejects.toThrow("planted");
  await settled();
  begun[1]?.resolve();
  await second;
});
