import { fromBase64url } from "../../../../src/base/bytes.ts";
import { operationsIn } from "../../../../src/causality/context-token.ts";
import { LISTED_MAX } from "../../../../src/protocol/operations.ts";
import { LISTED_BYTES } from "../../../../src/protocol/payload.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";

/**
 * Overwritten writes that came back as their own siblings after more others than a list of operations holds: the one case of K-11 that
 * the store documents as not covered. They are counted, not excused: by key, so that nothing else of the run passes for one.
 */
export class ForgottenRepeats {
  readonly #keys = new Set<string>();
  #answers = 0;

  /** Answers that showed one. */
  get answers(): number {
    return this.#answers;
  }

  /** Keys, for people, that showed one. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  note(key: string): void {
    this.#answers += 1;
    this.#keys.add(key);
  }
}

/** True where a context lists as many operations as any may, each of them another: then an older one had no room. */
export function listsAllItMay(token: string): boolean {
  const bytes = fromBase64url(token);
  if (bytes === undefined) return false;
  const list = operationsIn(bytes);
  const listed = new Set<string>();
  for (let at = 0; at < list.length; at += LISTED_BYTES) {
    listed.add(byteString(list.subarray(at, at + LISTED_BYTES)));
  }
  return listed.size >= LISTED_MAX;
}
