import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "harness/**/*.test.ts",
            "workloads/**/*.test.ts",
            "*.test.ts",
          ],
          exclude: ["**/*.integration.test.ts", "**/node_modules/**"],
          testTimeout: 30_000,
          // Modules keep nothing that a test could see, and loading all of them for each file took longer than the tests.
          isolate: false,
          // By default a core is left idle: of two, half of the machine.
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "integration",
          include: ["**/*.integration.test.ts"],
          exclude: ["**/node_modules/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Real clusters are judged by what they get done in time, so they get the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
