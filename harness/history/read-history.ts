/*
 * Reads `history.jsonl`. A run that was killed leaves a last line cut short: it is reported and everything before it is
 * used. Anything else that is wrong is refused with the number of the line, because a verdict over half-understood lines
 * would be a guess.
 */

import { HistoryError } from "./history-error.ts";
import type {
  FaultLine,
  FinalRead,
  HistoryHeader,
  HistoryLine,
  Marker,
  Operation,
  TreeRoots,
} from "./operation.ts";

export interface History {
  readonly header: HistoryHeader;
  readonly lines: readonly HistoryLine[];
  /** One sentence where the last line was cut short and left out. */
  readonly truncated: string | undefined;
}

/** Takes the text, or its lines without their newlines. Throws HistoryError. */
export function readHistory(source: string | Iterable<string>): History {
  const numbered = typeof source === "string" ? splitLines(source) : source;
  const lines: HistoryLine[] = [];
  let header: HistoryHeader | undefined;
  let unreadable: HistoryError | undefined;
  let number = 0;
  for (const text of numbered) {
    number++;
    if (unreadable !== undefined) {
      throw unreadable;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      // Only a line with nothing behind it can have been cut short.
      unreadable = refusal(number, "it is not JSON", error);
      continue;
    }
    if (header === undefined) {
      header = checkHeader(parsed, number);
    } else {
      lines.push(checkLine(parsed, lines.length, number));
    }
  }
  if (header === undefined) {
    throw unreadable ?? new HistoryError("Cannot read the history: it is empty");
  }
  const truncated =
    unreadable === undefined
      ? undefined
      : `The last line (${number}) was cut short and left out; ${lines.length} lines before it were used.`;
  return { header, lines, truncated };
}

function* splitLines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}

function refusal(number: number, reason: string, cause?: unknown): HistoryError {
  return new HistoryError(`Cannot read line ${number} of the history: ${reason}`, { cause });
}

type Fields = Readonly<
  Partial<
    Record<
      | keyof HistoryHeader
      | keyof Operation
      | keyof FaultLine
      | keyof FinalRead
      | keyof Marker
      | keyof TreeRoots,
      unknown
    >
  >
>;

function fieldsOf(parsed: unknown, number: number): Fields {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw refusal(number, "it is not an object");
  }
  return parsed as Fields;
}

function checkHeader(parsed: unknown, number: number): HistoryHeader {
  const fields = fieldsOf(parsed, number);
  const { format, version, workload, seed, nodes } = fields;
  if (format !== "ringside-history") {
    throw refusal(number, `format ${shown(format)} is not "ringside-history"`);
  }
  if (version !== 1) {
    throw refusal(number, `version ${shown(version)} is not 1, the only one known here`);
  }
  require(typeof workload === "string", number, "workload", "a string", workload);
  require(typeof seed === "number", number, "seed", "a number", seed);
  require(isStrings(nodes), number, "nodes", "a list of names", nodes);
  return parsed as HistoryHeader;
}

/** Files are named after them. */
const FUNCTION_NAME = /^[a-z][a-z0-9-]{0,49}$/;

const FAULT_PHASES: ReadonlySet<unknown> = new Set([
  "apply-start",
  "applied",
  "heal-start",
  "healed",
]);
const MARKER_NAMES: ReadonlySet<unknown> = new Set(["healthy", "healed", "quiesced", "unsettled"]);

function checkLine(parsed: unknown, index: number, number: number): HistoryLine {
  const fields = fieldsOf(parsed, number);
  if (fields.index !== index) {
    throw refusal(number, `its index is ${shown(fields.index)}, expected ${index}`);
  }
  require(isCount(fields.timeNs), number, "timeNs", "a whole number", fields.timeNs);
  switch (fields.type) {
    case "invoke":
    case "ok":
    case "fail":
    case "info":
      checkOperation(fields, number);
      break;
    case "fault":
      require(FAULT_PHASES.has(fields.phase), number, "phase", "a phase", fields.phase);
      requireStrings(fields, number, ["fault"]);
      break;
    case "marker":
      require(MARKER_NAMES.has(fields.name), number, "name", "a marker's name", fields.name);
      checkMembers(fields, number);
      break;
    case "final-read":
    case "replica-read":
      checkFinalRead(fields, number);
      break;
    case "tree-roots":
      checkTreeRoots(fields, number);
      break;
    default:
      throw refusal(number, `type ${shown(fields.type)} is not known`);
  }
  return parsed as HistoryLine;
}

function checkOperation(fields: Fields, number: number): void {
  const { process, intendedNs, error, readSet, versions, wrote, saw } = fields;
  require(isCount(process), number, "process", "a whole number", process);
  requireStrings(fields, number, ["node", "f", "key"]);
  const isName = FUNCTION_NAME.test(fields.f as string);
  require(isName, number, "f", "a short name of letters, digits and hyphens", fields.f);
  require(isCount(intendedNs), number, "intendedNs", "a whole number", intendedNs);
  require(fields.value !== undefined, number, "value", "given", undefined);
  require(error === undefined || typeof error === "string", number, "error", "a string", error);
  require(readSet === undefined || isStrings(readSet), number, "readSet", "strings", readSet);
  require(versions === undefined || isCount(versions), number, "versions", "a count", versions);
  require(wrote === undefined || typeof wrote === "string", number, "wrote", "a string", wrote);
  require(saw === undefined || isStrings(saw), number, "saw", "strings", saw);
}

function checkFinalRead(fields: Fields, number: number): void {
  const { digest, error, versions, saw } = fields;
  requireStrings(fields, number, ["node", "key"]);
  require(isCount(versions), number, "versions", "a count", versions);
  const digestFits = digest === undefined || digest === null || typeof digest === "string";
  require(digestFits, number, "digest", "a string or null", digest);
  require(saw === undefined || isStrings(saw), number, "saw", "strings", saw);
  require(error === undefined || typeof error === "string", number, "error", "a string", error);
}

function checkMembers({ members }: Fields, number: number): void {
  if (members === undefined) return;
  const areSome = isStrings(members) && (members as readonly string[]).length > 0;
  require(areSome, number, "members", "a list of at least one name", members);
}

function checkTreeRoots(fields: Fields, number: number): void {
  const { isBuilt, roots, error } = fields;
  requireStrings(fields, number, ["node"]);
  require(typeof isBuilt === "boolean", number, "isBuilt", "true or false", isBuilt);
  const areRoots = typeof roots === "object" && roots !== null && isStrings(Object.values(roots));
  require(areRoots, number, "roots", "an object of hexadecimal roots", roots);
  require(error === undefined || typeof error === "string", number, "error", "a string", error);
}

function requireStrings(fields: Fields, number: number, names: readonly (keyof Fields)[]): void {
  for (const name of names) {
    require(typeof fields[name] === "string", number, name, "a string", fields[name]);
  }
}

function require(
  holds: boolean,
  number: number,
  name: string,
  expected: string,
  found: unknown,
): void {
  if (!holds) {
    throw refusal(number, `${name} is ${shown(found)}, expected ${expected}`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
