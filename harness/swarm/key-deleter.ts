/**
 * Clients of keys that are deleted and then left alone, as most deleted keys are. Each is written blind, read and deleted in the first
 * fifth of the time; most come back, written blind, in its second half, when their tombstones are about to be collected. The adversary
 * deletes too, but a few keys, and soon writes them again: their tombstones are seldom left for as long as they have to wait. What the
 * store does about these keys the oracle judges.
 */

import { utf8Bytes } from "../../src/base/bytes.ts";
import type { HttpCall, HttpCallResult } from "../../src/client/http-caller.ts";
import { HttpCallError } from "../../src/client/http-caller.ts";
import { waitMs } from "../../src/env/wait.ts";
import { CONTEXT_HEADER } from "../../src/protocol/headers.ts";
import { chance } from "./chance.ts";
import type { ColdWriterParts, ColdWriterPlan } from "./cold-writer.ts";
import { isServed, outcomeOf, pathOf } from "./direct-read.ts";
import { readKeysBack } from "./read-keys-back.ts";
import type { Finding } from "./sim-outcome.ts";

/** In shares of the time: first everything is written, then everything deleted, and later some of it comes back. */
const WRITTEN = { from: 0, to: 0.1 } as const;
const DELETED = { from: 0.1, to: 0.2 } as const;
const BACK = { from: 0.5, to: 1 } as const;
const BACK_SHARE = 0.9;
const TIMEOUT_MS = 1_500;

export class KeyDeleter {
  readonly #parts: ColdWriterParts;
  readonly #plan: ColdWriterPlan;
  readonly #keys: readonly string[];

  constructor(parts: ColdWriterParts, plan: ColdWriterPlan) {
    this.#parts = parts;
    this.#plan = plan;
    this.#keys = Array.from({ length: plan.keys }, (_, number) => `deleted-key-${number}`);
  }

  /** Resolves when every request has ended, however it did. */
  async run(): Promise<void> {
    await Promise.all(this.#keys.map((key) => this.#live(key)));
  }

  /** Reads each of its keys from all N, which also makes the copies equal. */
  readBack(): Promise<readonly Finding[]> {
    return readKeysBack(this.#parts, this.#keys, { ...this.#plan, check: "deleted-keys" });
  }

  async #live(key: string): Promise<void> {
    const { clock, random } = this.#parts;
    const own = random.fork(key);
    const startMs = clock.monotonicMs();
    const reach = async ({ from, to }: typeof WRITTEN | typeof DELETED | typeof BACK) => {
      const timeMs = 1_000 * this.#plan.seconds * (from + own.float() * (to - from));
      await waitMs(clock, startMs + timeMs - clock.monotonicMs());
    };
    const send = (call: Pick<HttpCall, "method" | "headers" | "body">) => {
      const { http, nodes, clientUrl } = this.#parts;
      const url = `${clientUrl(own.pick(nodes), own.pick(nodes))}${pathOf(key)}`;
      return outcomeOf(http, { ...call, url, timeoutMs: TIMEOUT_MS });
    };
    await reach(WRITTEN);
    await send({ method: "PUT", headers: {}, body: utf8Bytes(`${key} at first`) });
    await reach(DELETED);
    const context = contextOf(await send({ method: "GET", headers: {} }));
    if (context !== undefined) {
      await send({ method: "DELETE", headers: { [CONTEXT_HEADER]: context } });
    }
    if (!chance(own, BACK_SHARE)) return;
    await reach(BACK);
    await send({ method: "PUT", headers: {}, body: utf8Bytes(`${key} again`) });
  }
}

/** Undefined where there was no answer, or nothing to be deleted. */
function contextOf(answer: HttpCallResult | HttpCallError): string | undefined {
  if (answer instanceof HttpCallError || !isServed(answer) || answer.status === 404)
    return undefined;
  return answer.headers[CONTEXT_HEADER];
}
