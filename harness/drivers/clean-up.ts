import { joinFailures } from "../run/join-failures.ts";

/** Steps to undo, last one first. */
export class CleanUp {
  readonly #steps: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  /** A step may run after a failed start of its own, so it must bear being called in any state. */
  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /**
   * Runs every step once, also where an earlier one failed; then rejects with the first failure. Further calls share
   * the first one's outcome.
   */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs a start that notes how to undo its steps. Where it fails they are undone, and what failed first is what is reported. */
export async function startOrUndo<T>(start: (cleanUp: CleanUp) => Promise<T>): Promise<T> {
  const cleanUp = new CleanUp();
  try {
    return await start(cleanUp);
  } catch (error) {
    const [undone] = await Promise.allSettled([cleanUp.run()]);
    throw joinFailures(error, undone);
  }
}
