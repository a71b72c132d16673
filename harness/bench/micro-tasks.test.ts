import { expect, test } from "vitest";
import { microTasks } from "./micro-tasks.ts";

test("every microbenchmark has a name of its own and does something each time it runs", () => {
  const tasks = microTasks();
  expect(new Set(tasks.map(({ name }) => name)).size).toBe(tasks.length);
  for (const { name, run } of tasks) {
    const [first, second] = [run(), run()];
    expect(first, name).toBeDefined();
    expect(second, name).toEqual(first);
  }
});
