import type { Environment } from "../env/environment.ts";
import { FatalStorageError } from "./engine.ts";

/**
 * Whether a write buffer may promise that the engine below will store what it takes. After a flush that failed it may not, until that
 * engine has stored something, or nothing is left to store: a full disk passes. After a fatal error it never may again.
 */
export class EngineTrust {
  readonly #environment: EngineTrustEnvironment;
  #isFailing = false;
  #death: FatalStorageError | undefined;

  constructor(environment: EngineTrustEnvironment) {
    this.#environment = environment;
  }

  /** A flush failed, and the engine below has stored nothing since. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** What the engine below died of. */
  get death(): FatalStorageError | undefined {
    return this.#death;
  }

  /** To be told of all that the engine below rejects, whoever wrote it. */
  failed(error: unknown): void {
    if (this.#death !== undefined || !(error instanceof FatalStorageError)) return;
    this.#death = error;
    const { assertions, log } = this.#environment;
    assertions.reachable("the engine below a write buffer died");
    log.error({ err: error }, "The engine below the write buffer takes nothing any more");
  }

  flushFailed(error: unknown): void {
    this.#isFailing = true;
    this.failed(error);
  }

  /** The engine below has stored something, or nothing is left to store. */
  recovered(): void {
    if (!this.#isFailing) return;
    this.#environment.assertions.reachable("a buffer took writes again after a failed flush");
    this.#isFailing = false;
  }
}

type EngineTrustEnvironment = Pick<Environment, "log" | "assertions">;
