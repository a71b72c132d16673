import { DynamoError } from "../protocol/errors.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A whole number from the query, or `fallback` where the name is absent; throws DynamoError bad-parameter. */
export function wholeNumber(
  query: URLSearchParams | undefined,
  name: string,
  range: Range,
  fallback: number,
): number {
  const text = query?.get(name);
  if (text === null || text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < range.min || value > range.max) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot use ${name}=${JSON.stringify(text.slice(0, 40))}: it must be a whole number from ${range.min} to ${range.max}`,
    );
  }
  return value;
}

/** One of the words from the query, or `fallback` where the name is absent; throws DynamoError bad-parameter. */
export function oneOf<Word extends string>(
  query: URLSearchParams | undefined,
  name: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  const text = query?.get(name);
  if (text === null || text === undefined) return fallback;
  const word = words.find((each) => each === text);
  if (word === undefined) {
    throw new DynamoError(
      "bad-parameter",
      `Cannot use ${name}=${JSON.stringify(text.slice(0, 40))}: it must be ${words.join(" or ")}`,
    );
  }
  return word;
}

/** Refuses names that mean nothing here, and those that stand there twice, so that no option is silently ignored. */
export function onlyParameters(query: URLSearchParams | undefined, names: readonly string[]): void {
  for (const name of query?.keys() ?? []) {
    if (!names.includes(name)) {
      const known =
        names.length === 0 ? "none is known here" : `known here are ${names.join(", ")}`;
      throw new DynamoError(
        "bad-parameter",
        `Cannot use the parameter ${JSON.stringify(name.slice(0, 40))}: ${known}`,
      );
    }
    if ((query?.getAll(name).length ?? 0) > 1) {
      throw new DynamoError(
        "bad-parameter",
        `Cannot use the parameter ${name}: it is given more than once, allowed is once`,
      );
    }
  }
}
