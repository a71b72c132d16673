/*
 * Was any key left out where everybody has to be served?
 *
 * Problem: the share of requests that succeeded is taken over all keys, so one of 50 may be refused for ever and 98 % are served. Sketch:
 * what was asked of each key is counted by itself, in each phase and in all of them together, and its writes and its views apart, too, since a
 * key may be read and refuse every write. A busy moment costs each key a few requests, and none of them all.
 */

import { VIEW } from "../history/cart-operation.ts";

export interface KeyRequest {
  readonly key: string;
  readonly f: string;
  /** The phase, as a reason names it. */
  readonly where: string;
  readonly isOk: boolean;
}

interface KeyTally {
  readonly key: string;
  readonly what: string;
  readonly where: string;
  attempted: number;
  ok: number;
}

/** A key of which fewer were asked may have had bad luck. */
const ATTEMPTED_MIN = 20;

/** Counts requests that had to be served. */
export class ServedKeys {
  readonly #tallies = new Map<string, KeyTally>();

  count({ key, f, where, isOk }: KeyRequest): void {
    const use = f === VIEW ? "views" : "adds and removes";
    for (const scope of ["in all phases together", where]) {
      for (const what of ["operations", use]) {
        const name = JSON.stringify([scope, what, key]);
        const tally = this.#tallies.get(name) ?? { key, what, where: scope, attempted: 0, ok: 0 };
        tally.attempted += 1;
        tally.ok += isOk ? 1 : 0;
        this.#tallies.set(name, tally);
      }
    }
  }

  /** One sentence, where there is a key of which `ATTEMPTED_MIN` or more were asked and none succeeded. */
  reasons(): readonly string[] {
    const unserved = [...this.#tallies.values()].filter(
      ({ attempted, ok }) => attempted >= ATTEMPTED_MIN && ok === 0,
    );
    const [first] = unserved;
    if (first === undefined) return [];
    const keys = new Set(unserved.map(({ key }) => key));
    const { key, what, where, attempted } = first;
    return [
      `${keys.size} key(s) were not served once where enough nodes can be reached; the first is ${key}: 0 of ${attempted} ${what} ${where}.`,
    ];
  }
}
