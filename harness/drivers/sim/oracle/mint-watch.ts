import type { Actor } from "../../../../src/base/ids.ts";
import type {
  ActorTable,
  Clock,
  Versioning,
  VersioningMode,
} from "../../../../src/causality/versioning.ts";
import { decodeRow } from "../../../../src/replica/row.ts";
import { addMint } from "./add-mint.ts";
import type { DeadlineWatch } from "./answer-late.ts";
import type { Dot } from "./clocked-dot.ts";
import { dotBeyond } from "./clocked-dot.ts";
import type { Mint } from "./key-history.ts";
import type { Copy, KeyState, KnownRecord, KnownRow } from "./key-state.ts";
import type { ClocksOf } from "./lossless.ts";
import { tellsCausality } from "./lossless.ts";
import { checkMint } from "./mint-ignores-row.ts";
import { checkMintedOnce } from "./minted-again.ts";
import type { RecordContent } from "./read-record.ts";
import { readRecord } from "./read-record.ts";
import type { Violations } from "./violations.ts";

const CHECK = "dot-issued-twice";

export interface MintWatchParts {
  readonly violations: Violations;
  readonly deadlines: DeadlineWatch;
  readonly clocks: ClocksOf;
}

/**
 * Reads rows, recognises the writes that get their dots in them, and sees that no dot names two writes.
 *
 * A coordinator's row is the first place where a dot shows. In dvvset the record says which version has which dot. In
 * the other modes the row's local actor tells: only a mint changes it or raises its counter to one never seen, and the
 * payload minted is the one that is new. The client's request with that payload says what the write supersedes.
 *
 * Whether it comes in time is seen in dvvset alone: there a dot is one write's.
 *
 * In the paper's modes one dot names many writes by design (K-2): there it is counted and no violation.
 */
export class MintWatch {
  readonly #mode: VersioningMode;
  readonly #tellsCausality: boolean;
  readonly #actors: ActorTable | undefined;
  readonly #violations: Violations;
  readonly #deadlines: DeadlineWatch;
  #issuedTwiceByDesign = 0;

  constructor({ mode, actors }: Versioning, { violations, deadlines, clocks }: MintWatchParts) {
    this.#deadlines = deadlines;
    this.#tellsCausality = tellsCausality(clocks);
    this.#mode = mode;
    this.#actors = actors;
    this.#violations = violations;
  }

  get issuedTwiceByDesign(): number {
    return this.#issuedTwiceByDesign;
  }

  /**
   * A row that a node writes now at `copy`, whose state is still the one before; `damaged`: what stood there before the disk garbled
   * it, which the node may have read in time. Throws FormatError.
   */
  written(copy: Copy, value: Uint8Array, damaged?: KnownRow): KnownRow {
    const { state, visible: before = damaged } = copy;
    const mintsBefore = state.history.count;
    const { localActor, record: bytes } = decodeRow(value, this.#actors);
    const record = this.#record(copy, bytes, localActor);
    // A merge keeps the row's local actor or leaves it out; only a mint puts one there.
    const isMint = localActor !== undefined && localActor !== before?.localActor;
    if (isMint && (this.#mode === "dvvset" || this.#mode === "merged")) {
      const counter = record.clock.get(localActor) ?? 0;
      const mint = state.history.mint(localActor, counter);
      if (mint !== undefined && mint.serial < mintsBefore) {
        this.#reportTwice(copy, "a dot was minted again in a later life of its row", mint);
      }
    }
    if (state.history.count > mintsBefore && this.#tellsCausality) {
      checkMint(copy, record, this.#violations);
    }
    return { value, localActor, record };
  }

  /** A row that is there already or comes back: of a disk after a crash, of a write that has become durable. */
  stored(copy: Copy, value: Uint8Array): KnownRow {
    if (copy.visible?.value === value) {
      // What was written has become durable, and nothing came after it: no need to look again.
      return copy.visible;
    }
    const { localActor, record } = decodeRow(value, this.#actors);
    return { value, localActor, record: this.#record(copy, record, localActor) };
  }

  #record(copy: Copy, bytes: Uint8Array, localActor: Actor | undefined): KnownRecord {
    const { state } = copy;
    const remembered = state.remembered(bytes);
    if (remembered !== undefined) {
      return remembered;
    }
    const content = readRecord(this.#mode, bytes, {
      textOf: state.shownTexts.textOf,
      actors: this.#actors,
    });
    const mints = this.#learn(copy, content, localActor);
    const payloads = content.versions.map((version) => version.payload);
    const { clock, versions } = content;
    const versionClocks = versions.flatMap((version) => version.clock ?? []);
    const record: KnownRecord =
      versionClocks.length === 0
        ? { bytes, clock, payloads, mints }
        : { bytes, clock, payloads, mints, versionClocks };
    state.remember(record);
    return record;
  }

  #learn(
    copy: Copy,
    content: RecordContent,
    localActor: Actor | undefined,
  ): readonly Mint[] | undefined {
    switch (this.#mode) {
      case "dvvset":
        return this.#learnDotted(copy, content);
      case "merged":
        this.#learnMerged(copy, content, localActor);
        return undefined;
      case "vector-clock":
      case "vector-clock-max":
        this.#learnClocked(copy, content, localActor);
        return undefined;
      case "lww":
      case "lww-hybrid":
        this.#learnLast(copy, content, localActor);
        return undefined;
    }
  }

  #learnDotted(copy: Copy, { versions }: RecordContent): readonly Mint[] {
    const mints: Mint[] = [];
    for (const { payload, operation, dot } of versions) {
      if (dot === undefined) {
        continue;
      }
      const known = copy.state.history.mint(dot.actor, dot.counter);
      if (known !== undefined && known.payload !== payload) {
        this.#reportTwice(copy, "a dot names two payloads", known);
      }
      mints.push(known ?? this.#fresh(copy, { ...dot, payload, operation }));
    }
    return mints;
  }

  /**
   * A new dot. A payload that one request wrote may have had one before only under the same operation, by which every answer shows
   * one version of it (K-11).
   */
  #fresh(copy: Copy, fresh: NewMint): Mint {
    const { state, node } = copy;
    const { payload, operation, ...dot } = fresh;
    const [earlier] = state.history.mintsOf(payload);
    const isKnownAgain = operation !== undefined && operation === earlier?.operation;
    if (earlier !== undefined && !isKnownAgain && !state.isRepeated(payload)) {
      this.#violations.report("write-minted-twice", () => ({
        anomaly: "one request became two versions",
        detail: `Dot ${dot.counter} of ${dot.actor}, seen at ${node}, names the write of dot ${earlier.counter} of ${earlier.actor}, which one request asked for once, and nothing says that it is the same`,
        key: state.name,
      }));
    }
    const mint = addMint(state, { ...dot, operation }, [payload]);
    this.#deadlines.minted(node, state, payload);
    if (earlier !== undefined) checkMintedOnce(copy, mint, this.#violations);
    return mint;
  }

  #learnMerged(copy: Copy, content: RecordContent, localActor: Actor | undefined): void {
    const { state, visible: before } = copy;
    const counter = localActor === undefined ? 0 : (content.clock.get(localActor) ?? 0);
    if (localActor === undefined || counter === 0) {
      return;
    }
    const unseen = content.versions
      .map((version) => version.payload)
      .filter((payload) => state.history.mintsOf(payload).length === 0);
    const known = state.history.mint(localActor, counter);
    if (known === undefined) {
      const payloads = unseen.length > 0 ? unseen : awaited(copy, content);
      addMint(state, { actor: localActor, counter }, payloads);
      return;
    }
    const counterBefore =
      before?.localActor === localActor ? (before.record.clock.get(localActor) ?? 0) : 0;
    if (unseen.length > 0 && counterBefore < counter) {
      this.#reportTwice(copy, "a dot names two payloads", known);
    }
  }

  /** Two coordinators may make one write under two dots. Of payloads that several writes have only the first shows. */
  #learnClocked(copy: Copy, content: RecordContent, localActor: Actor | undefined): void {
    const { state } = copy;
    for (const { payload, clock = NOTHING } of content.versions) {
      const known = state.history.mintsOf(payload);
      const context = state.contextOf(payload);
      const counter = localActor === undefined ? 0 : (clock.get(localActor) ?? 0);
      const own =
        localActor !== undefined && counter > 0 ? { actor: localActor, counter } : undefined;
      const first = known.length === 0 ? own : undefined;
      const dot = (context === undefined ? undefined : dotBeyond(context, clock)) ?? first;
      if (dot !== undefined && !known.some((mint) => isDotOf(mint, dot))) {
        this.#addLossy(state, dot, payload);
      }
    }
  }

  #learnLast(copy: Copy, content: RecordContent, localActor: Actor | undefined): void {
    const { state } = copy;
    for (const { payload, dot } of content.versions) {
      if (localActor === undefined || dot === undefined) continue;
      const known = state.history.mintsOf(payload);
      // Where the last write wins, one that is sent again may get a later dot.
      const isAgain =
        dot.actor === localActor &&
        state.isOneOperation(payload) &&
        known.every((mint) => !isDotOf(mint, dot));
      if (known.length > 0 && !isAgain) continue;
      this.#addLossy(state, { actor: localActor, counter: dot.counter }, payload);
    }
  }

  #addLossy(state: KeyState, dot: Dot, payload: string): void {
    if (state.history.mint(dot.actor, dot.counter) !== undefined) {
      this.#issuedTwiceByDesign += 1;
    }
    addMint(state, dot, [payload]);
  }

  #reportTwice({ node, state }: Copy, anomaly: string, { actor, counter, serial }: Mint): void {
    this.#violations.report(CHECK, () => ({
      anomaly,
      detail: `Node ${node} minted dot ${counter} of ${actor} for another write than write ${serial} of the key, which has it`,
      key: state.name,
    }));
  }
}

/**
 * A merged record that shows no new payload: the one written equals one that was there. All that are waited for may be
 * it, and which one is the same to the checks, since the record holds them all under one clock.
 */
function awaited({ state, node }: Copy, { versions }: RecordContent): readonly string[] {
  const asked = versions
    .map((version) => version.payload)
    .filter((payload) => (state.writersOf(payload) ?? []).length > 0);
  const held = new Set(
    state.copies.flatMap((copy) =>
      copy.node === node ? (copy.visible?.record.payloads ?? []) : [],
    ),
  );
  const isNew = asked.filter((payload) => !held.has(payload));
  if (asked.length > 0) return isNew.length > 0 ? isNew : asked;
  // One that was done elsewhere, and answered, before it came to this node.
  return versions.map((version) => version.payload).filter((payload) => !held.has(payload));
}

function isDotOf({ actor, counter }: Mint, dot: Dot): boolean {
  return actor === dot.actor && counter === dot.counter;
}

type NewMint = Pick<Mint, "actor" | "counter" | "payload" | "operation">;

const NOTHING: Clock = new Map();
