import type { Log } from "../../../src/env/log.ts";

const LINES_MAX = 20_000;

/** The log of one node over all its lives, in virtual time; the newest lines where there are too many. */
export class SimLog implements Log {
  readonly #nowMs: () => number;
  readonly #keepsAll: boolean;
  readonly #lines: string[] = [];
  /** Sentences logged as errors, each once with the first error behind it. */
  readonly errors = new Map<string, string>();

  /** `keepsAll`: debug and info too, for a run that somebody will look at. */
  constructor(nowMs: () => number, keepsAll: boolean) {
    this.#nowMs = nowMs;
    this.#keepsAll = keepsAll;
  }

  debug(fields: object, message: string): void {
    if (this.#keepsAll) this.#keep("debug", fields, message);
  }

  info(fields: object, message: string): void {
    if (this.#keepsAll) this.#keep("info", fields, message);
  }

  warn(fields: object, message: string): void {
    if (this.#keepsAll) this.#keep("warn", fields, message);
  }

  error(fields: object, message: string): void {
    const error = Object.values(fields).find((field) => field instanceof Error);
    if (!this.errors.has(message)) this.errors.set(message, error?.stack ?? JSON.stringify(fields));
    if (this.#keepsAll) this.#keep("error", fields, message);
  }

  text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  #keep(level: string, fields: object, message: string): void {
    if (this.#lines.length >= LINES_MAX) this.#lines.shift();
    this.#lines.push(
      JSON.stringify({ level, timeMs: this.#nowMs(), ...readable(fields), msg: message }),
    );
  }
}

function readable(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}
