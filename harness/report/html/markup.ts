import { shorten } from "../format.ts";

/**
 * HTML and SVG in which nothing from outside can become a tag.
 *
 * Problem: a report shows keys, values and error texts that a store or a foreign history made up.
 * Sketch: markup is a type of its own. The `markup` template escapes whatever is put into it unless it is
 * markup already, so forgetting to escape is not possible, and escaping twice is not either.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupPart = Markup | string | number | readonly MarkupPart[] | undefined;

/** A text that is put in is cut at this length, so that no name from outside can swell the page. */
const TEXT_LENGTH_MAX = 600;
const LONG_TEXT_LENGTH_MAX = 5_000;

/** For the few places that show more than a sentence. */
export function longText(text: string): Markup {
  return new Markup(escapeText(shorten(text, LONG_TEXT_LENGTH_MAX)));
}

/** Template tag: literal parts are markup, everything put in is text. Attributes must stand in double quotes. */
export function markup(literals: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  let text = literals[0] ?? "";
  parts.forEach((part, at) => {
    text += render(part) + (literals[at + 1] ?? "");
  });
  return new Markup(text);
}

/** The `d` of a path, however long: chart data is not text and is bounded where it is chosen. */
export function pathData(commands: string): Markup {
  if (!/^[MLHVhlmz\d\s.-]*$/.test(commands)) {
    throw new Error(
      `Cannot draw a path: ${shorten(commands, 40)} holds more than commands and numbers`,
    );
  }
  return new Markup(commands);
}

/** Coordinates with one decimal: a tenth of a pixel is enough, and the file stays small. */
export function px(coordinate: number): string {
  return Number.isFinite(coordinate) ? String(Math.round(coordinate * 10) / 10) : "0";
}

function render(part: MarkupPart): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escapeText(shorten(String(part), TEXT_LENGTH_MAX));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

// Control characters but tab and line feed, and marks that turn the direction of the text around them.
const INVISIBLE = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
