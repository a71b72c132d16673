/**
 * Work that has to begin after it was asked for, one run at a time: whoever asks while one is under way shares the next with all others who do, since that one
 * began too early for them. A run that fails is told to those whose it was.
 */
export class NextRun {
  readonly #run: () => Promise<void>;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  /** As the run ends that begins next. */
  ask(): Promise<void> {
    this.#next ??= this.#underWay.catch(ignoreTold).then(() => {
      this.#next = undefined;
      this.#underWay = this.#run();
      return this.#underWay;
    });
    return this.#next;
  }
}

/** Whoever asked for that run was told. */
function ignoreTold(): void {}
