import type { Write } from "../../../../../src/storage/engine.ts";
import { Medium } from "../medium.ts";
import { EveryChoice } from "./every-choice.ts";

/** A disk in the moment in which its node dies. */
export interface Ending {
  /** What is on the medium for good. */
  readonly synced: Uint8Array;
  /** Groups behind that, written or under way, in their order. */
  readonly tail: readonly (readonly Write[])[];
}

/** The rows that the next life may find, once for each way in which the disk's tail can end. */
export function* everyEnding({ synced, tail }: Ending): Generator<readonly Write[]> {
  const choices = new EveryChoice();
  do {
    const medium = new Medium();
    medium.replace(synced);
    medium.crash(tail, "power", choices.random);
    yield medium.all();
  } while (choices.next());
}
