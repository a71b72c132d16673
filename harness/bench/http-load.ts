/*
 * The load: autocannon's connections, each looping GET and PUT of a key with the context just read.
 *
 * Two loops on one key would race and leave siblings that say nothing about the store, so each connection has keys of its
 * own and picks among them uniformly. Latencies are taken from autocannon's own clock of each request, but into a
 * histogram of ours: its own one has whole milliseconds only and cannot leave out a warm-up.
 *
 * The loop is closed: a slow answer delays the requests behind it. So a request that began in the measured time counts
 * whenever it ends, and one that has not ended when the load stops counts with its age.
 */
import autocannon from "autocannon";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { LoadRecorder } from "./load-recorder.ts";
import type { LoadTally, Verb } from "./load-tally.ts";

export interface HttpLoad {
  /** Base URLs; connections are dealt to them in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  /** Keys that hold a value already. */
  readonly keys: readonly Uint8Array[];
  readonly valueBytes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly seed: number;
  /** Stops it early; the promise then rejects with its reason. */
  readonly signal: AbortSignal;
}

/** After the measured time: what it began may end. Then autocannon stops. */
const RUN_OUT_SECONDS = 1;
const ANSWER_TIMEOUT_SECONDS = 10;
const CONTEXT_HEADER = "x-dynamo-context";

/** Runs the load; resolves with what it counted, rejects where autocannon could not start. */
export async function runHttpLoad(load: HttpLoad): Promise<LoadTally> {
  const recorder = new LoadRecorder(load, () => performance.now());
  const loops: Loop[] = [];
  const random = new SeededRandom(load.seed);
  const value = Buffer.from(
    Buffer.from(random.bytes(load.valueBytes)).toString("base64url").slice(0, load.valueBytes),
  );
  const options: autocannon.Options = {
    // Several URLs are documented and not in the types.
    url: load.urls as readonly string[] & string,
    connections: load.connections,
    duration: load.warmUpSeconds + load.seconds + RUN_OUT_SECONDS,
    timeout: ANSWER_TIMEOUT_SECONDS,
    setupClient: (client) => {
      const number = loops.length;
      const own = load.keys.filter((_, index) => index % load.connections === number);
      const loop = new Loop({ keys: own, value, random, recorder });
      loops.push(loop);
      client.setRequests(loop.requests());
    },
  };
  await fire(options, recorder, load.signal);
  for (const loop of loops) {
    loop.stop();
  }
  recorder.end();
  return recorder.tally;
}

/** Runs autocannon to its end; rejects when it fails or the signal says stop. */
function fire(
  options: autocannon.Options,
  recorder: LoadRecorder,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const instance = autocannon(options, (error: unknown) => {
      signal.removeEventListener("abort", abort);
      if (error) reject(error);
      else resolve();
    });
    const abort = () => {
      instance.stop();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    instance.on("response", (_client, status, _bytes, latencyMs) => {
      recorder.answered(status, latencyMs);
    });
    instance.on("reqError", (error: unknown) => recorder.failed(error));
  });
}

interface LoopParts {
  readonly keys: readonly Uint8Array[];
  readonly value: Buffer;
  readonly random: SeededRandom;
  readonly recorder: LoadRecorder;
}

/** One connection's endless GET, PUT, GET, PUT. */
class Loop {
  readonly #paths: readonly string[];
  readonly #parts: LoopParts;
  #path = "";
  #context: string | undefined;
  #pending: { readonly verb: Verb; readonly beganMs: number } | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#paths = parts.keys.map((key) => `/kv64/${Buffer.from(key).toString("base64url")}`);
  }

  requests(): autocannon.Request[] {
    return [
      { method: "GET", setupRequest: (request) => this.#get(request), onResponse: this.#read },
      { method: "PUT", setupRequest: (request) => this.#put(request), onResponse: this.#written },
    ];
  }

  /** No more answers come: one still awaited counts with its age. */
  stop(): void {
    if (this.#pending !== undefined) {
      this.#parts.recorder.neverEnded(this.#pending.verb, this.#pending.beganMs);
    }
  }

  #get(request: autocannon.Request): autocannon.Request {
    this.#path = this.#paths[this.#parts.random.integer(this.#paths.length)] ?? "";
    this.#context = undefined;
    this.#begin("GET");
    return { ...request, path: this.#path };
  }

  #put(request: autocannon.Request): autocannon.Request {
    if (this.#context === undefined) {
      // The read failed: autocannon takes nothing for "start again with the first request", which its types do not know.
      return undefined as unknown as autocannon.Request;
    }
    this.#begin("PUT");
    const headers = { [CONTEXT_HEADER]: this.#context };
    return { ...request, path: this.#path, headers, body: this.#parts.value };
  }

  readonly #read = (
    status: number,
    _body: string,
    _context: object,
    headers: autocannon.Request["headers"],
  ): void => {
    this.#end("GET");
    this.#context = status === 200 || status === 300 ? contextIn(headers) : undefined;
  };

  readonly #written = (): void => this.#end("PUT");

  #begin(verb: Verb): void {
    // Autocannon opens a connection anew when the node closes it, and says nothing about the request that was under way.
    if (this.#pending !== undefined) this.#parts.recorder.lost();
    this.#pending = { verb, beganMs: performance.now() };
  }

  #end(verb: Verb): void {
    this.#pending = undefined;
    this.#parts.recorder.verb = verb;
  }
}

function contextIn(headers: autocannon.Request["headers"]): string | undefined {
  for (const name in headers) {
    if (name.toLowerCase() === CONTEXT_HEADER) return String(headers[name]);
  }
  return undefined;
}
