/** Adds the tests of Vitest's JSON report and the experiments of `npm run check` up to one closing line. */
import { readFile } from "node:fs/promises";

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

interface CheckReport {
  readonly experiments: readonly { readonly asExpected: boolean }[];
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}

const stepsFailed = process.argv[2] !== "0";
const tests = await readJson<TestReport>("results/ci/tests.json");
const check = await readJson<CheckReport>("results/ci/check/check.json");
const unexpected = check.experiments.filter((experiment) => !experiment.asExpected).length;
const passed = tests.numPassedTests + check.experiments.length - unexpected;
const failed = tests.numFailedTests + unexpected;
const nothingRan = tests.numPassedTests === 0 || check.experiments.length === 0;
// A step may fail without any test of it failing, for example when a suite cannot be loaded.
const failures = failed === 0 && (stepsFailed || nothingRan) ? 1 : failed;
process.stdout.write(`${passed} passed, ${failures} failed, ${tests.numPendingTests} skipped\n`);
process.exitCode = failures === 0 ? 0 : 1;
