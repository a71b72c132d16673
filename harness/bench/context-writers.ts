import { setTimeout as sleep } from "node:timers/promises";
import { createHttpCaller } from "../../src/platform/http-client.ts";
import { cpuSeconds } from "./run-http-bench.ts";

/** What a write of a round took, in microseconds. */
export interface RoundCost {
  /** Of the nodes' processor time. */
  readonly nodesUs: number;
  /** By the clock, all writers together: its inverse is the rate, in which the clients' own work counts as well. */
  readonly clockUs: number;
}

const WRITERS = 32;
const KEYS_A_WRITER = 100;
const VALUE_BYTES = 1_024;
const TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 10;
const PAUSE_MS = 500;
const REFUSED = 503;

/** Clients that each write keys of their own, one after the other, with the context that the write before returned. */
export class ContextWriters {
  readonly #urls: readonly string[];
  readonly #over: AbortSignal;
  readonly #http = createHttpCaller();
  readonly #contexts = new Map<string, string>();
  readonly #body = Buffer.alloc(VALUE_BYTES, "v");
  #writes = 0;

  constructor(urls: readonly string[], over: AbortSignal) {
    this.#urls = urls;
    this.#over = over;
  }

  async round(writes: number): Promise<RoundCost> {
    const before = await cpuSeconds(this.#urls);
    const startMs = performance.now();
    const end = this.#writes + writes;
    const work = async (writer: number): Promise<void> => {
      while (this.#writes < end) {
        this.#over.throwIfAborted();
        this.#writes += 1;
        await this.#write(writer, `${writer}-${this.#writes % KEYS_A_WRITER}`);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(writer)));
    const clockUs = (1e3 * (performance.now() - startMs)) / writes;
    return { nodesUs: (1e6 * ((await cpuSeconds(this.#urls)) - before)) / writes, clockUs };
  }

  close(): void {
    this.#http.close();
  }

  async #write(writer: number, key: string): Promise<void> {
    for (let attempt = 1; !(await this.#tryToWrite(writer, key)); attempt += 1) {
      if (attempt === ATTEMPTS_MAX) throw new Error("Cannot compare: a write was refused for ever");
      await sleep(PAUSE_MS, undefined, { signal: this.#over });
    }
  }

  /** False: refused, as nodes of a busy machine may do that take each other for dead for a moment. */
  async #tryToWrite(writer: number, key: string): Promise<boolean> {
    const context = this.#contexts.get(key);
    const { status, headers } = await this.#http.call({
      method: "PUT",
      url: `${this.#urls[writer % this.#urls.length]}/kv/${key}?return=siblings`,
      headers: context === undefined ? {} : { "x-dynamo-context": context },
      body: this.#body,
      timeoutMs: TIMEOUT_MS,
    });
    if (status === REFUSED) return false;
    if (status !== 200) throw new Error(`Cannot compare: a write was answered ${status}`);
    const next = headers["x-dynamo-context"];
    if (next !== undefined) this.#contexts.set(key, next);
    return true;
  }
}
