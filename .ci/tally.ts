/** Adds the tests of Vitest's JSON report and the experiments of `npm run check` (JUnit) up to one closing line. */
import { readFile } from "node:fs/promises";

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

function attribute(xml: string, name: string): number {
  const text = new RegExp(`<testsuites [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1];
  if (text === undefined) throw new Error(`Cannot read the check's report: no ${name} in it`);
  return Number(text);
}

const stepsFailed = process.argv[2] !== "0";
const tests = JSON.parse(await readFile("results/ci/tests.json", "utf8")) as TestReport;
const check = await readFile("results/ci/check/check.xml", "utf8");
const experiments = attribute(check, "tests");
const unexpected = attribute(check, "failures") + attribute(check, "errors");
const passed = tests.numPassedTests + experiments - unexpected;
const failed = tests.numFailedTests + unexpected;
const nothingRan = tests.numPassedTests === 0 || experiments === 0;
// A step may fail without any test of it failing, for example when a suite cannot be loaded.
const failures = failed === 0 && (stepsFailed || nothingRan) ? 1 : failed;
process.stdout.write(`${passed} passed, ${failures} failed, ${tests.numPendingTests} skipped\n`);
process.exitCode = failures === 0 ? 0 : 1;
