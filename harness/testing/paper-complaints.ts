import type { PaperRow } from "./paper-page.ts";
import { numbersIn } from "./paper-page.ts";

/** What the page is held against. All paths are relative to the project's root. */
export interface PaperProject {
  /** Every source file, patch and page. */
  readonly files: ReadonlySet<string>;
  /** Titles of the tests in each file that has any. */
  readonly titles: ReadonlyMap<string, readonly string[]>;
  /** Names of npm scripts. */
  readonly scripts: ReadonlySet<string>;
  /** What may follow `--only`, by script: the experiments of `check`, the patches of `mutants`. */
  readonly experiments: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How many numbers the paper's list has, by kind. */
export const COUNTS: Readonly<Record<string, number>> = { D: 131, P: 14, K: 25 };

/** One line for each thing on the page that the code does not bear out; none where they agree. */
export function complaintsAboutPaper(
  rows: readonly PaperRow[],
  project: PaperProject,
): readonly string[] {
  return [
    ...complaintsAboutNumbers(rows.map(({ id }) => id)),
    ...rows.flatMap((row) => complaintsAboutRow(row, project)),
    ...complaintsAboutTitles(rows, project),
  ];
}

/** Each kind has its count, in order and without a gap, so that none can be left out, doubled or made up. */
export function complaintsAboutNumbers(
  ids: readonly string[],
  counts: Readonly<Record<string, number>> = COUNTS,
): readonly string[] {
  const complaints: string[] = [];
  for (const [kind, count] of Object.entries(counts)) {
    const own = ids.filter((id) => id.startsWith(kind));
    if (own.length !== count) complaints.push(`${own.length} numbers ${kind} instead of ${count}`);
    for (const [at, id] of own.entries()) {
      const before = own[at - 1];
      if (!follows(id, before)) complaints.push(`${id} does not follow ${before ?? "nothing"}`);
    }
  }
  return complaints;
}

/** The next number of its section, or the first of a later one. Only section 4 as a whole has a number 0. */
function follows(id: string, before: string | undefined): boolean {
  const { section, item } = partsOf(id);
  const last = before === undefined ? { section: [], item: 0 } : partsOf(before);
  const order = compareSections(section, last.section);
  if (order === 0) return item === last.item + 1;
  return order > 0 && item === (section.join() === "4" ? 0 : 1);
}

function partsOf(id: string): { readonly section: readonly number[]; readonly item: number } {
  const [, ...parts] = id.split("-");
  return {
    section: parts.slice(0, -1).flatMap((part) => part.split(".").map(Number)),
    item: Number(parts.at(-1)),
  };
}

function compareSections(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((part, index) => part !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at] ?? 0) - (right[at] ?? -1);
}

function complaintsAboutRow(
  { id, files, proofs }: PaperRow,
  project: PaperProject,
): readonly string[] {
  const gone = files
    .filter((file) => !project.files.has(file))
    .map((file) => `${id}: no file ${file}`);
  const isProved = proofs.some(({ complete }) => complete);
  const nowhere =
    id.startsWith("D") && isProved && files.length === 0 ? [`${id}: proved, but where is it?`] : [];
  const places = proofs.flatMap((proof) => proof.places);
  return [
    ...gone,
    ...nowhere,
    ...places.flatMap((place) => complaintsAboutPlace(id, place, project)),
  ];
}

function complaintsAboutPlace(id: string, place: string, project: PaperProject): readonly string[] {
  if (!place.startsWith("npm run ")) {
    const titles = project.titles.get(place);
    if (titles === undefined) return [`${id}: no file with tests ${place}`];
    const isNamed = titles.some((title) => numbersIn(title).includes(id));
    return isNamed ? [] : [`${id}: no test of ${place} has it in its name`];
  }
  const [script = "", ...flags] = place.slice("npm run ".length).split(" ");
  if (!project.scripts.has(script)) return [`${id}: no script ${script}`];
  const known = project.experiments.get(script);
  const only = flags[flags.indexOf("--only") + 1];
  if (known === undefined || !flags.includes("--only")) return [];
  const names = only?.split(",") ?? [""];
  return names
    .filter((name) => !known.has(name))
    .map((name) => `${id}: ${script} knows no ${name}`);
}

/** Whoever names a test after a number says so on the page. A contradiction of the paper needs no proof. */
function complaintsAboutTitles(
  rows: readonly PaperRow[],
  project: PaperProject,
): readonly string[] {
  const rowsById = new Map(rows.map((row) => [row.id, row] as const));
  const complaints: string[] = [];
  for (const [file, titles] of project.titles) {
    for (const id of new Set(titles.flatMap(numbersIn))) {
      const proofs = rowsById.get(id)?.proofs;
      if (proofs === undefined) {
        complaints.push(`${file}: a test is named after ${id}, which is no number of the page`);
      } else if (proofs.length > 0 && proofs.every(({ places }) => places.length === 0)) {
        complaints.push(`${id}: open, but a test of ${file} is named after it`);
      }
    }
  }
  return complaints;
}
