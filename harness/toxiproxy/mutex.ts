/** Lets one asynchronous task run at a time, in the order they came. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task when those before it have ended, well or not, and answers as it does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // The caller gets the failure; the next task must start all the same.
    this.#last = result.catch(() => {});
    return result;
  }
}
