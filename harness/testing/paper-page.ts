/** What `docs/paper.md` says of a proof: the places in backticks, and whether something is still missing. */
export interface Proof {
  /** False: `open`, and the places prove a part of it. */
  readonly complete: boolean;
  /** Test files, or commands as one types them. */
  readonly places: readonly string[];
}

/** A row of the page. A requirement has one proof, a flaw two (caught, silent), a contradiction of the paper none. */
export interface PaperRow {
  readonly id: string;
  /** What it is about, in a few words. */
  readonly words: string;
  readonly files: readonly string[];
  readonly proofs: readonly Proof[];
}

/** The numbers of requirements (D), contradictions (P) and flaws (K), wherever they stand in a text. */
const NUMBER = /\b(?:D-\d+(?:\.\d+)*-\d+|[PK]-\d+)\b/g;

export function numbersIn(text: string): readonly string[] {
  return text.match(NUMBER) ?? [];
}

/** Reads every row of the page's tables that begins with a number. Throws an Error that names a row it cannot read. */
export function readPaperPage(text: string): readonly PaperRow[] {
  return text
    .split("\n")
    .filter((line) => /^\| [DPK]-/.test(line))
    .map(readRow);
}

function readRow(line: string): PaperRow {
  const [id = "", words = "", ...rest] = line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
  const [first = "", second = ""] = rest;
  const isContradiction = id.startsWith("P");
  if (
    rest.length !== 2 ||
    words === "" ||
    (isContradiction && first === "") ||
    numbersIn(id).join() !== id
  ) {
    throw new Error(
      `Cannot read the row ${JSON.stringify(line)}: it needs four cells, a number and a few words first`,
    );
  }
  switch (id[0]) {
    case "D":
      return { id, words, files: placesIn(first), proofs: [readProof(id, second, "proved by ")] };
    case "K":
      return {
        id,
        words,
        files: [],
        proofs: [first, second].map((cell) => readProof(id, cell, "")),
      };
    default:
      return { id, words, files: placesIn(second), proofs: [] };
  }
}

/** What a flaw has in the place of a proof where our mode has it too; the sentence says why. */
const NO_CURE = "no cure: ";

/** `proved by` and places; or `open`, what is missing, and after `so far` the places that prove a part. */
function readProof(id: string, cell: string, begin: string): Proof {
  if (/^open(?:$|[:;] )/.test(cell)) {
    const [, soFar = ""] = cell.split("so far ");
    return { complete: false, places: placesIn(soFar) };
  }
  if (id.startsWith("K") && cell.startsWith(NO_CURE)) return { complete: true, places: [] };
  const places = placesIn(cell);
  if (places.length === 0 || cell !== `${begin}${places.map(quoted).join(", ")}`) {
    const allowed = `\`open\`, or ${JSON.stringify(begin)} and places in backticks`;
    throw new Error(
      `Cannot read the proof of ${id} ${JSON.stringify(cell)}: allowed is ${allowed}`,
    );
  }
  return { complete: true, places };
}

function placesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, place = ""]) => place);
}

function quoted(place: string): string {
  return `\`${place}\``;
}
