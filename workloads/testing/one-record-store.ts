/*
 * A store of one copy of each key that orders versions as the given mode does, for tests of workloads: right in the modes
 * that lose nothing, wrong in the way of the others. Calls take time, so that clients conflict; a share of the puts ends
 * in doubt, half of those applied.
 */

import type { Actor } from "../../src/base/ids.ts";
import type {
  Clock as CausalClock,
  Siblings,
  VersioningMode,
} from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { Store } from "../../src/client/contract.ts";
import { ClientError } from "../../src/client/contract.ts";
import type { Random } from "../../src/env/random.ts";
import { decodePayload, encodePayload } from "../../src/protocol/payload.ts";

export interface OneRecordStoreOptions {
  readonly mode: VersioningMode;
  readonly random: Random;
  /** Resolves after so many milliseconds. */
  after(delayMs: number): Promise<void>;
  /** Share of puts that end in doubt. */
  readonly doubt?: number;
  /** Share of gets and puts that are refused before they do anything. */
  readonly refused?: number;
}

export function oneRecordStore(options: OneRecordStoreOptions): Store {
  const { mode, random, after, doubt = 0, refused = 0 } = options;
  const versioning = versioningFor(mode);
  const records = new Map<string, Siblings>();
  const contexts: CausalClock[] = [];
  const refuseSome = (): void => {
    if (random.float() < refused) {
      throw new ClientError("overloaded", true, "Cannot serve: refused by the test");
    }
  };
  return {
    async get(key) {
      await after(random.float() * 3);
      refuseSome();
      const record = records.get(keyText(key)) ?? versioning.empty;
      const context = String(contexts.push(record.clock) - 1);
      await after(random.float() * 3);
      const siblings = record.payloads.map(decodePayload);
      return { siblings, context };
    },
    async put(key, bytes, { context, contentType = "" } = {}) {
      await after(random.float() * 3);
      refuseSome();
      const doubtful = random.float() < doubt;
      if (!doubtful || random.float() < 0.5) {
        const stored = records.get(keyText(key)) ?? versioning.empty;
        const read: CausalClock = contexts[Number(context)] ?? new Map();
        const payload = encodePayload({ contentType, tombstone: false, bytes });
        const mint = { actor: "n1/test/0" as Actor, wallMs: random.uint32() };
        records.set(keyText(key), versioning.update(stored, read, payload, mint));
      }
      await after(random.float() * 3);
      if (doubtful) {
        throw new ClientError("write-quorum-not-met", false, "Cannot put: in doubt by the test");
      }
    },
    async delete() {
      throw new Error("Cannot delete: no cart does");
    },
  };
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString("utf8");
}
