/** A small fault to be planted in a copy of the store, as it stands in `harness/mutants/<name>.patch`. */
export interface Mutant {
  readonly name: string;
  /** One sentence: what is broken. */
  readonly what: string;
  /** Which promise that breaks, and what a run would see. */
  readonly breaks: string;
  /** Why no run can see it; undefined where one should. */
  readonly equivalent: string | undefined;
  /** Files it changes, all below `src/`. */
  readonly files: readonly string[];
  /** What `git apply -p1 --recount` takes. */
  readonly patch: string;
}

/** A patch that is no mutant, or one that does not fit the sources. */
export class MutantError extends Error {
  override readonly name = "MutantError";
}

/**
 * Reads a mutant: fields, one a line, then a unified diff with the prefixes a/ and b/.
 *
 *     Mutant: <what>
 *     Breaks: <promise, and what a run would see>
 *     Equivalent: <why no run can see it>          (only where that is so)
 *
 *     diff --git a/src/… b/src/…
 *
 * Throws MutantError on anything else, above all on a patch of what is not the store: a mutant of a checker would prove
 * nothing.
 */
export function parseMutant(name: string, text: string): Mutant {
  const refuse = (reason: string): never => {
    throw new MutantError(`Cannot read mutant ${name}: ${reason}`);
  };
  if (!NAME_PATTERN.test(name)) refuse("allowed is a name in kebab case");
  const start = text.search(/^diff --git /m);
  if (start < 0) refuse("it has no line that begins with diff --git");
  const fields = fieldsOf(text.slice(0, start), refuse);
  const patch = text.slice(start);
  const files = filesOf(patch, refuse);
  if (!/^[+-](?![+-]{2} )/m.test(patch)) refuse("it changes no line");
  const { Mutant: what, Breaks: breaks, Equivalent: equivalent } = fields;
  if (what === undefined || breaks === undefined) {
    return refuse("it must say Mutant: and Breaks: before the diff");
  }
  return { name, what, breaks, equivalent, files, patch };
}

const NAME_PATTERN = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/;
const FIELDS: readonly string[] = ["Mutant", "Breaks", "Equivalent"];

type Refuse = (reason: string) => never;

function fieldsOf(preamble: string, refuse: Refuse): Readonly<Record<string, string | undefined>> {
  const fields: Record<string, string> = {};
  for (const line of preamble.split("\n").filter((each) => each.trim() !== "")) {
    const [, name = "", value = ""] = /^(\w+): *(.*?) *$/.exec(line) ?? [];
    if (!FIELDS.includes(name) || value === "") {
      refuse(`allowed before the diff are ${FIELDS.join(", ")}, not ${JSON.stringify(line)}`);
    }
    if (fields[name] !== undefined) refuse(`it says ${name}: twice`);
    fields[name] = value;
  }
  return fields;
}

/** Every path that any header line names, so that no line can smuggle in another file. */
function filesOf(patch: string, refuse: Refuse): readonly string[] {
  const files = new Set<string>();
  for (const line of patch.split("\n")) {
    const [, left, right] = /^diff --git a\/(\S+) b\/(\S+)$/.exec(line) ?? [];
    const [, side] = /^(?:---|\+\+\+) (\S+)$/.exec(line) ?? [];
    if (line.startsWith("diff ") && left !== right) refuse(`it renames a file: ${line}`);
    if (line.startsWith("diff ") && left === undefined) refuse(`it cannot be used: ${line}`);
    if (/^(?:new|deleted) file mode|^(?:rename|copy) /.test(line)) {
      refuse(`allowed are changes of files that exist: ${line}`);
    }
    if (left !== undefined) files.add(left);
    else if (side !== undefined) files.add(side.replace(/^[ab]\//, ""));
  }
  const stranger = [...files].find((file) => !/^src\/.+\.ts$/.test(file) || file.includes(".."));
  if (stranger !== undefined) {
    refuse(`it changes ${stranger}, allowed are TypeScript files below src/`);
  }
  const test = [...files].find((file) => /\.test\.ts$|\/testing\//.test(file));
  if (test !== undefined) refuse(`it changes ${test}, which no node runs`);
  return [...files];
}
