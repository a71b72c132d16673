import type { Expectation, Verdict } from "../run/plan.ts";

/** One run of a matrix, against what it had to come out as. */
export interface ExperimentResult {
  readonly name: string;
  readonly expected: Verdict | Expectation["verdict"];
  readonly verdict: Verdict;
  readonly seconds: number;
  readonly reasons: readonly string[];
  /** Where the run left its files. */
  readonly folder: string;
}

/**
 * A matrix of experiments as JUnit XML: a verdict that differs from the expected one is a failure, an unexpected
 * `unknown` an error. `may-lose` is met by valid and by invalid.
 */
export function renderJunit(suite: string, experiments: readonly ExperimentResult[]): string {
  const unmet = experiments.filter((experiment) => !isMet(experiment));
  const errors = unmet.filter(({ verdict }) => verdict === "unknown").length;
  const failures = unmet.length - errors;
  const seconds = experiments.reduce((sum, experiment) => sum + experiment.seconds, 0);
  const totals = `tests="${experiments.length}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="ringside" ${totals}>`,
    `  <testsuite name="${escapeXml(suite)}" ${totals}>`,
    ...experiments.map((experiment) => testCase(suite, experiment)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Whether an experiment came out as it had to. */
export function isMet({ expected, verdict }: ExperimentResult): boolean {
  return expected === "may-lose" ? verdict !== "unknown" : verdict === expected;
}

function testCase(suite: string, experiment: ExperimentResult): string {
  const { name, expected, verdict, seconds, reasons, folder } = experiment;
  const told = escapeXml([...reasons, `expected ${expected}`, `folder ${folder}`].join("\n"));
  const message = escapeXml(`Expected ${expected}, got ${verdict}`);
  const element = verdict === "unknown" ? "error" : "failure";
  const outcome = isMet(experiment)
    ? []
    : [`      <${element} message="${message}" type="${verdict}">${told}</${element}>`];
  return [
    `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}">`,
    ...outcome,
    `      <system-out>${told}</system-out>`,
    "    </testcase>",
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

// XML 1.0 has no way at all to write most control characters, nor U+FFFE and U+FFFF.
const NOT_XML = /(?![\t\n\r])[\p{Cc}\ufffe\uffff]/gu;

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(NOT_XML, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
