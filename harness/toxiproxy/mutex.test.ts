import { expect, test } from "vitest";
import { Mutex } from "./mutex.ts";

test("tasks run one at a time, in order, and a failure stops only itself", async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const task = (name: string, fails = false) =>
    mutex.run(async () => {
      log.push(`${name} starts`);
      await new Promise(setImmediate);
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([task("a"), task("b", true), task("c")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
});
