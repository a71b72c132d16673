import type { Gate } from "./event-queue.ts";

/** Whether code of a process may run: it does, it waits (SIGSTOP), or it never will again (kill -9). */
type ProcessState = "running" | "paused" | "dead";

/**
 * One life of a node's process. Everything that would call into it, a timer, bytes, the disk, comes through `enter`: it is held while
 * the process is paused and forgotten once it is dead. What the process itself awaits then never settles.
 */
export class SimProcess implements Gate {
  readonly #onCrash: (error: unknown) => void;
  readonly #onDeath = new Set<() => void>();
  #state: ProcessState = "running";
  #pauseCount = 0;
  #held: (() => void)[] = [];

  /** `onCrash` is told what a callback threw; in a real process that would have been its end. */
  constructor(onCrash: (error: unknown) => void) {
    this.#onCrash = onCrash;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** How often it was paused. */
  get pauseCount(): number {
    return this.#pauseCount;
  }

  enter(callback: () => void): void {
    this.enterWith(callback, undefined);
  }

  /** With an argument, so that who enters often needs no new function each time. */
  enterWith<T>(callback: (argument: T) => void, argument: T): void {
    switch (this.#state) {
      case "running":
        try {
          callback(argument);
        } catch (error) {
          this.fail(error);
        }
        break;
      case "paused":
        this.#held.push(() => callback(argument));
        break;
      case "dead":
        break;
    }
  }

  /** An error that nobody in the process caught, of a promise for example. */
  fail(error: unknown): void {
    if (this.#state !== "dead") this.#onCrash(error);
  }

  /** Called when the process dies: its sockets close, and whoever waits for it learns so. */
  onDeath(callback: () => void): void {
    this.#onDeath.add(callback);
  }

  /** Takes it back. */
  offDeath(callback: () => void): void {
    this.#onDeath.delete(callback);
  }

  pause(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#pauseCount += 1;
  }

  /** What was held runs now, in order. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    for (const callback of held) this.enter(callback);
  }

  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#held = [];
    const told = [...this.#onDeath];
    this.#onDeath.clear();
    for (const callback of told) callback();
  }
}
