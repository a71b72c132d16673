import { toBase64url } from "../base/bytes.ts";
import type { HmacKey } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import type { TokenKind } from "../causality/context-token.ts";
import { ContextError, sealContext } from "../causality/context-token.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import { keepsNoFalseSiblings } from "../causality/versioning.ts";
import type { Assertions } from "../env/assertions.ts";
import { LISTED_CALM, LISTED_MAX, operationsOf, shownVersions } from "../protocol/operations.ts";
import type { NodeConfiguration } from "./configuration.ts";
import type { PutOrder, SiblingsAnswer, WriteAnswer } from "./contract.ts";

export interface ClientAnswersParts {
  readonly configuration: NodeConfiguration;
  readonly versioning: Versioning;
  /** Tokens are sealed with it. */
  readonly macKey: HmacKey;
  /** How long ago the last peer was missed. */
  readonly calmMs: () => number;
}

/** How a read came about. */
export interface Reading {
  readonly isStale: boolean;
  /** Who answered first. */
  readonly reader?: NodeId | undefined;
}

/** What clients are told: the versions of a key, and a token that names what they were shown (D-4.4-5, D-5-9). */
export class ClientAnswers {
  readonly #assertions: Assertions;
  readonly #parts: ClientAnswersParts;

  constructor(assertions: Assertions, parts: ClientAnswersParts) {
    this.#assertions = assertions;
    this.#parts = parts;
  }

  /** The versions that a client is to see, with the context of them all. */
  siblings(
    key: Uint8Array,
    { clock, payloads }: Siblings,
    { isStale, reader }: Reading,
  ): SiblingsAnswer {
    this.#assertions.always(
      "a context that goes out with versions is not empty",
      payloads.length === 0 || clock.size > 0,
    );
    const operations = operationsOf(payloads, this.#listedMax);
    const context = this.#token(key, clock, "context", { operations, reader });
    return { payloads: shownVersions(payloads, this.#parts.versioning.mode), context, isStale };
  }

  /** As much of what a write left as its client wants to know. */
  written({ key, answer }: PutOrder, record: Uint8Array): WriteAnswer {
    if (answer === "nothing") return NOTHING_WANTED;
    const siblings = this.#parts.versioning.decode(record);
    return answer === "siblings"
      ? { siblings: this.siblings(key, siblings, { isStale: false }), session: undefined }
      : { siblings: undefined, session: this.#token(key, siblings.clock, "session") };
  }

  /** How many operations contexts name (`protocol/operations.ts`). */
  get #listedMax(): number {
    const isCalm = this.#parts.calmMs() >= CALM_MS;
    return isCalm || !keepsNoFalseSiblings(this.#parts.versioning.mode) ? LISTED_CALM : LISTED_MAX;
  }

  /** Undefined where the clock is too long: values are served without one rather than not at all. */
  #token(
    key: Uint8Array,
    clock: Clock,
    kind: TokenKind,
    { operations, reader: first }: { operations?: Uint8Array; reader?: NodeId | undefined } = {},
  ): string | undefined {
    const { clusterId, versioning: mode, writeCoordinator } = this.#parts.configuration;
    const reader = writeCoordinator === "fastest-reader" ? first : undefined;
    const scope = { clusterId, key, mode, kind };
    const sealed = { ...scope, clock, operations: operations ?? NO_OPERATIONS, reader };
    try {
      return toBase64url(sealContext(sealed, this.#parts.macKey));
    } catch (error) {
      if (!(error instanceof ContextError && error.problem === "too-long")) throw error;
      this.#assertions.reachable("an answer had no context");
      return undefined;
    }
  }
}

/** So long after the last peer was missed everything that it may have made has come. */
const CALM_MS = 60_000;
const NO_OPERATIONS: Uint8Array = new Uint8Array(0);
const NOTHING_WANTED: WriteAnswer = { siblings: undefined, session: undefined };
