import type { ParseArgsOptionsConfig } from "node:util";
import { parseArgs } from "node:util";
import { httpOrigin, shownUrl } from "../../src/base/base-url.ts";
import { UsageError } from "./exit-status.ts";

/** One flag as its user sees it. */
export interface Flag {
  /** What stands for the value in the help; absent for a flag that is there or not. */
  readonly value?: string;
  readonly help: string;
}

export type FlagValues = Readonly<Record<string, string | true | undefined>>;

export interface ParsedFlags {
  readonly values: FlagValues;
  readonly positionals: readonly string[];
}

const HELP_FLAG: Readonly<Record<string, Flag>> = { help: { help: "this text" } };

/** Reads the arguments of a command. Throws UsageError on an unknown flag, a missing value, or too many positionals. */
export function readFlags(
  args: readonly string[],
  flags: Readonly<Record<string, Flag>>,
  positionalsMax = 0,
): ParsedFlags {
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries({ ...flags, ...HELP_FLAG }).map(([name, { value }]) => [
      name,
      { type: value === undefined ? "boolean" : "string" },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > positionalsMax) {
      const extra = positionals[positionalsMax];
      throw new UsageError(
        `Cannot use the argument ${JSON.stringify(extra)}: expected ${positionalsMax === 0 ? "flags only" : `at most ${positionalsMax}`}`,
      );
    }
    return { values: values as FlagValues, positionals };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const [sentence = ""] = error.message.split(". ");
    throw new UsageError(`Cannot read the arguments: ${sentence} (--help lists the flags)`);
  }
}

/** The flags as lines of a help text. */
export function helpOf(flags: Readonly<Record<string, Flag>>): string {
  const entries = Object.entries({ ...flags, ...HELP_FLAG });
  const titles = entries.map(
    ([name, { value }]) => `--${name}${value === undefined ? "" : ` ${value}`}`,
  );
  const width = Math.max(...titles.map((title) => title.length));
  return entries
    .map(([, { help }], at) => `  ${(titles[at] ?? "").padEnd(width)}  ${help}`)
    .join("\n");
}

export interface WholeNumberRange {
  readonly min: number;
  readonly max: number;
}

/** A whole number in a range, or the default. Throws UsageError naming the range. */
export function wholeNumber(
  values: FlagValues,
  name: string,
  options: WholeNumberRange & { readonly byDefault: number },
): number {
  const text = values[name];
  if (text === undefined) return options.byDefault;
  const number = Number(text);
  const isWhole = typeof text === "string" && /^-?\d+$/.test(text) && Number.isSafeInteger(number);
  if (!isWhole || number < options.min || number > options.max) {
    throw new UsageError(
      `Cannot use --${name} ${text}: allowed is a whole number from ${options.min} to ${options.max}`,
    );
  }
  return number;
}

/** One of some words, or the default. Throws UsageError naming them. */
export function oneOf<Word extends string>(
  values: FlagValues,
  name: string,
  options: { readonly words: readonly Word[]; readonly byDefault: Word },
): Word {
  const text = values[name];
  if (text === undefined) return options.byDefault;
  const word = options.words.find((each) => each === text);
  if (word === undefined) {
    throw new UsageError(`Cannot use --${name} ${text}: allowed is ${options.words.join(", ")}`);
  }
  return word;
}

/** The origin of a plain HTTP URL without anything behind it. Throws UsageError. */
export function originOf(name: string, text: string, allowed: string): string {
  const origin = httpOrigin(text);
  if (origin === undefined) {
    throw new UsageError(`Cannot use --${name} ${shownUrl(text)}: allowed is ${allowed}`);
  }
  return origin;
}

/** Words separated by commas, each of some. Throws UsageError naming them. */
export function someOf<Word extends string>(
  values: FlagValues,
  name: string,
  words: readonly Word[],
): readonly Word[] | undefined {
  const text = values[name];
  if (typeof text !== "string") return undefined;
  const given = text.split(",").map((word) => word.trim());
  return [...new Set(given)].map((each) => {
    const word = words.find((known) => known === each);
    if (word === undefined) {
      throw new UsageError(
        `Cannot use --${name} ${JSON.stringify(each)}: allowed is ${words.join(", ")}, separated by commas`,
      );
    }
    return word;
  });
}
