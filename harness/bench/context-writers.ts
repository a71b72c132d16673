import { createHttpCaller } from "../../src/platform/http-client.ts";
import { cpuSeconds } from "./run-http-bench.ts";

const WRITERS = 32;
const KEYS_A_WRITER = 100;
const VALUE_BYTES = 1_024;
const TIMEOUT_MS = 10_000;

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

  /** Gives the microseconds of processor time that the nodes took for a write. */
  async round(writes: number): Promise<number> {
    const before = await cpuSeconds(this.#urls);
    const end = this.#writes + writes;
    const work = async (writer: number): Promise<void> => {
      while (this.#writes < end) {
        this.#over.throwIfAborted();
        this.#writes += 1;
        await this.#write(writer, `${writer}-${this.#writes % KEYS_A_WRITER}`);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(writer)));
    return (1e6 * ((await cpuSeconds(this.#urls)) - before)) / writes;
  }

  close(): void {
    this.#http.close();
  }

  async #write(writer: number, key: string): Promise<void> {
    const context = this.#contexts.get(key);
    const { status, headers } = await this.#http.call({
      method: "PUT",
      url: `${this.#urls[writer % this.#urls.length]}/kv/${key}?return=siblings`,
      headers: context === undefined ? {} : { "x-dynamo-context": context },
      body: this.#body,
      timeoutMs: TIMEOUT_MS,
    });
    if (status !== 200) throw new Error(`Cannot compare: a write was answered ${status}`);
    const next = headers["x-dynamo-context"];
    if (next !== undefined) this.#contexts.set(key, next);
  }
}
