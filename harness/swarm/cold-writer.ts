/**
 * Clients of keys that nobody reads: each is written blind once to three times, through any node, and looked at only at the
 * very end. What a node lost of them no read repairs meanwhile, and a node that forgot is asked to write over what it
 * wrote before. That is where hints, hash trees and incarnations are needed, and the few carts, always in use, would hide
 * it if they failed. What the store does about these writes the oracle judges.
 */

import { utf8Bytes } from "../../src/base/bytes.ts";
import type { SeededRandom } from "../../src/base/seeded-random.ts";
import { waitMs } from "../../src/env/wait.ts";
import { wholeBetween } from "./chance.ts";
import type { DirectReadParts } from "./direct-read.ts";
import { outcomeOf, pathOf } from "./direct-read.ts";
import { readKeysBack } from "./read-keys-back.ts";
import type { Finding } from "./sim-outcome.ts";

export interface ColdWriterParts extends DirectReadParts {
  readonly random: SeededRandom;
  /** Base URL by which clients of `home` reach `node`. */
  readonly clientUrl: (home: string, node: string) => string;
}

export interface ColdWriterPlan {
  readonly keys: number;
  /** The writes spread over so long. */
  readonly seconds: number;
  /** N. */
  readonly n: number;
  /** True where disks may have garbled every copy of a key: then it stays unreadable, which is the truth about it. */
  readonly mayBeUnreadable: boolean;
}

const WRITES_MAX = 3;
const TIMEOUT_MS = 1_500;

export class ColdWriter {
  readonly #parts: ColdWriterParts;
  readonly #plan: ColdWriterPlan;
  readonly #keys: readonly string[];

  constructor(parts: ColdWriterParts, plan: ColdWriterPlan) {
    this.#parts = parts;
    this.#plan = plan;
    this.#keys = Array.from({ length: plan.keys }, (_, number) => `cold-key-${number}`);
  }

  /** Resolves when every write has ended, however it did. */
  async run(): Promise<void> {
    const { random } = this.#parts;
    const writes = this.#keys.flatMap((key) => {
      const own = random.fork(key);
      const times = Array.from({ length: wholeBetween(own, 1, WRITES_MAX) }, () => own.float());
      return times.map((time, at) => this.#write(key, `${key}-${at}`, { time, random: own }));
    });
    await Promise.all(writes);
  }

  /** Reads each of its keys from all N, which also makes the copies equal. */
  readBack(): Promise<readonly Finding[]> {
    return readKeysBack(this.#parts, this.#keys, { ...this.#plan, check: "cold-keys" });
  }

  async #write(
    key: string,
    value: string,
    { time, random }: { readonly time: number; readonly random: SeededRandom },
  ): Promise<void> {
    const { clock, http, nodes, clientUrl } = this.#parts;
    const url = `${clientUrl(random.pick(nodes), random.pick(nodes))}${pathOf(key)}`;
    await waitMs(clock, time * 1_000 * this.#plan.seconds);
    const body = utf8Bytes(value);
    await outcomeOf(http, { method: "PUT", url, headers: {}, body, timeoutMs: TIMEOUT_MS });
  }
}
