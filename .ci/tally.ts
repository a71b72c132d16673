/**
 * Adds the tests of Vitest's JSON report, the experiments of `npm run check` (JUnit), the seeds of the swarm and further steps up to
 * one closing line. Arguments: 0 where every step with a report succeeded, then `name=status` of each step without one.
 */
import { readFile } from "node:fs/promises";

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

interface SwarmReport {
  readonly passed: boolean;
  readonly seedsRun: number;
  readonly seedsFailed: number;
}

function attribute(xml: string, name: string): number {
  const text = new RegExp(`<testsuites [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1];
  if (text === undefined) throw new Error(`Cannot read the check's report: no ${name} in it`);
  return Number(text);
}

const [reported, ...steps] = process.argv.slice(2);
const tests = JSON.parse(await readFile("results/ci/tests.json", "utf8")) as TestReport;
const check = await readFile("results/ci/check/check.xml", "utf8");
const swarm = JSON.parse(await readFile("results/ci/swarm.json", "utf8")) as SwarmReport;
const experiments = attribute(check, "tests");
const unexpected = attribute(check, "failures") + attribute(check, "errors");
const brokenSteps = steps.filter((step) => !step.endsWith("=0"));
for (const step of brokenSteps) process.stdout.write(`step ${step.replace("=", " ended with ")}\n`);
const passed =
  tests.numPassedTests +
  (experiments - unexpected) +
  (swarm.seedsRun - swarm.seedsFailed) +
  (steps.length - brokenSteps.length);
const failed = tests.numFailedTests + unexpected + swarm.seedsFailed + brokenSteps.length;
const nothingRan = tests.numPassedTests === 0 || experiments === 0 || swarm.seedsRun === 0;
// A step may fail without any test of it failing, for example when a suite cannot be loaded.
const failures = failed === 0 && (reported !== "0" || nothingRan || !swarm.passed) ? 1 : failed;
process.stdout.write(`${passed} passed, ${failures} failed, ${tests.numPendingTests} skipped\n`);
process.exitCode = failures === 0 ? 0 : 1;
