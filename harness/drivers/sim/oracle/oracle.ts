import { FormatError } from "../../../../src/base/binary.ts";
import type { TokenKind } from "../../../../src/causality/context-token.ts";
import type { Clock, Versioning } from "../../../../src/causality/versioning.ts";
import { isLastWriteWins } from "../../../../src/causality/versioning.ts";
import type { HttpResponse } from "../../../../src/http/exchange.ts";
import type { TableName } from "../../../../src/storage/engine.ts";
import type { ClientAsk, RowState, Violation, WorldObserver } from "../observer.ts";
import type { QuorumCheckOptions } from "./acknowledged-without-quorum.ts";
import { checkQuorum, keepLostCopies } from "./acknowledged-without-quorum.ts";
import { AcknowledgedWatch } from "./acknowledged-write-unseen.ts";
import { AllowedLosses } from "./allowed-losses.ts";
import { checkAcceptedContext, checkContext, checkOrigin } from "./answer-checks.ts";
import { DeadlineWatch } from "./answer-late.ts";
import { checkLastWrite } from "./earlier-write-wins.ts";
import type { FinalSiblings } from "./final-siblings.ts";
import { finalSiblings } from "./final-siblings.ts";
import type { HintBounds } from "./hint-watch.ts";
import { HintWatch } from "./hint-watch.ts";
import { covers } from "./key-history.ts";
import type { ClientRequest, Copy, KeyState, KnownRow, OpenedToken } from "./key-state.ts";
import { tellsCausality } from "./lossless.ts";
import { lostByValue, lostWrites, reportLost } from "./lost-writes.ts";
import { MintWatch } from "./mint-watch.ts";
import { checkDelivered } from "./never-delivered.ts";
import { checkKnown } from "./read-below-known.ts";
import { ReadWatch } from "./read-without-quorum.ts";
import { checkReplicas } from "./replicas-differ.ts";
import { checkCollected, checkResurrected, isTombstonesOnly } from "./resurrected.ts";
import type { ShownVersions } from "./shown-versions.ts";
import { shownVersions, TOMBSTONE } from "./shown-versions.ts";
import { checkSilence } from "./silent-connection.ts";
import type { IsCalm } from "./stand-in-late.ts";
import { checkStandIns } from "./stand-in-late.ts";
import { StoreIndex } from "./store-index.ts";
import { StoredWatch } from "./stored-nowhere.ts";
import { checkOverwritten } from "./superseded-elsewhere.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { checkDropped, checkRemoved } from "./version-dropped.ts";
import { checkKept } from "./version-kept.ts";
import { Violations } from "./violations.ts";
import { checkShownOnce } from "./write-shown-twice.ts";

export interface OracleParts {
  /** Virtual time. */
  readonly nowMs: () => number;
  /** The nodes' own; used to merge what is left in the end, everything else is judged without it. */
  readonly versioning: Versioning;
  /** True where coordinators cut long clocks: what is judged by clocks is not judged then, what is judged by values is. */
  readonly truncated?: boolean;
  /** True where all nodes' clocks are within what hybrid ones follow. */
  readonly clocksKept?: boolean;
  /** The clock in a token, or undefined where no node can have handed it out for the key. */
  readonly openContext: (key: Uint8Array, token: string, kind?: TokenKind) => Clock | undefined;
  readonly nodes: readonly string[];
  readonly n: number;
  /** True where engines promise that what they acknowledge survives: only durable rows count as copies then. */
  readonly synced: boolean;
  /** True where nodes buffer writes: of each write one copy is stored before its request ends. */
  readonly buffered?: boolean;
  /**
   * False where the plan may destroy what was acknowledged: memory engines or unsynced disks that crash, wipes, restores,
   * corruption. Then a lost write is `lossSeen` and no violation, and delivered hints may go whatever became of
   * their owner. All other checks stand: what a node still holds obeys causality even then. Bytes that a disk garbled and
   * its node therefore refuses are no row: they are left out of `rowsReplaced`.
   */
  readonly lossless: boolean;
  /** Nodes whose data the plan destroys at some time: what one of them acknowledged may be gone once it died. */
  readonly destroyed: ReadonlySet<string>;
  /** On how many nodes the plan destroys data: a write whose own W is no more than that may be lost, whatever the plan's W. */
  readonly nodesDestroyed: number;
  readonly bounds: TimeBounds;
  /** Undefined: nodes may keep as many hints, and deliver them as fast, as they like. */
  readonly hintBounds?: HintBounds;
  readonly isCalm: IsCalm;
  /** Every node, primaries first. */
  readonly preferenceList: (key: Uint8Array) => readonly string[];
}

/** How a run ended. */
export interface FinalCheck {
  /**
   * True: everything was healed, hints were delivered, and every key was read from all N with the time that read repair takes.
   * Then replicas must be equal. False: only lost writes are looked for, in all rows anywhere.
   */
  readonly settled: boolean;
}

const NOTHING: Clock = new Map();

/**
 * Judges a simulated store from outside while it runs, by every row its nodes write and every request they answer. Each
 * check is a file of its own beside this one; this one brings events to them. Costs a few microseconds an event: rows
 * are looked up by their key, each distinct record is read once, and nothing walks over all keys or all writes before the
 * end.
 */
export class Oracle implements WorldObserver {
  readonly #parts: OracleParts;
  readonly #isLosslessMode: boolean;
  readonly #index: StoreIndex;
  readonly #violations: Violations;
  readonly #mints: MintWatch;
  readonly #reads: ReadWatch;
  readonly #acknowledgements: AcknowledgedWatch;
  readonly #deadlines: DeadlineWatch;
  readonly #storedWatch: StoredWatch | undefined;
  readonly #hints: HintWatch | undefined;
  readonly #requests = new Map<number, ClientRequest>();
  readonly #died = new Set<string>();
  /** Acknowledged writes that may be gone, and are. */
  readonly losses = new AllowedLosses();

  constructor(parts: OracleParts) {
    this.#parts = parts;
    const clocks = { mode: parts.versioning.mode, truncated: parts.truncated ?? false };
    this.#isLosslessMode = tellsCausality(clocks);
    this.#index = new StoreIndex(parts);
    this.#violations = new Violations(parts.nowMs);
    this.#mints = new MintWatch(parts.versioning, this.#violations, clocks);
    this.#reads = new ReadWatch({ lossless: this.#isLosslessMode });
    this.#acknowledgements = new AcknowledgedWatch(parts);
    this.#deadlines = new DeadlineWatch(parts.nowMs, this.#violations);
    this.#storedWatch =
      parts.buffered === true && this.#isLosslessMode
        ? new StoredWatch(parts, this.#violations)
        : undefined;
    const { nowMs, hintBounds } = parts;
    this.#hints = hintBounds && new HintWatch(nowMs, hintBounds, this.#violations);
  }

  /** The first 50, in the order in which they happened. */
  get violations(): readonly Violation[] {
    return this.#violations.first;
  }

  /** All of them. */
  get violationCount(): number {
    return this.#violations.count;
  }

  /** Dots that named a second write in a mode that issues them so by design. */
  get dotsIssuedTwiceByDesign(): number {
    return this.#mints.issuedTwiceByDesign;
  }

  rowRead(node: string, table: TableName, key: Uint8Array): void {
    if (table !== "records" || !this.#reads.isAnyUnderWay) return;
    const copy = this.#index.copyAt(node, { table, key, value: undefined });
    if (copy !== undefined) this.#reads.looked(copy);
  }

  rowsWritten(node: string, changes: readonly RowState[]): void {
    for (const change of changes) {
      const copy = this.#index.copyAt(node, change);
      if (copy !== undefined) {
        this.#written(copy, change.value);
      }
      this.#hints?.written(node, change);
    }
  }

  rowsDurable(node: string, changes: readonly RowState[]): void {
    for (const change of changes) {
      const copy = this.#index.copyAt(node, change);
      if (copy !== undefined) {
        copy.durable = this.#stored(copy, change.value);
      }
    }
  }

  rowsStored(node: string, changes: readonly RowState[]): void {
    if (this.#storedWatch === undefined) return;
    for (const change of changes) {
      const copy = this.#index.copyAt(node, change);
      if (copy !== undefined) copy.stored = this.#stored(copy, change.value);
    }
  }

  rowsRolledBack(node: string, rows: readonly RowState[]): void {
    this.#storedWatch?.disturbed();
    for (const row of rows) {
      const copy = this.#index.copyAt(node, row);
      if (copy !== undefined) {
        copy.visible = this.#stored(copy, row.value);
        this.#reads.forgot(copy.state, node);
      }
      this.#hints?.rolledBack(node, row);
    }
  }

  rowDamaged(node: string, table: TableName, key: Uint8Array): void {
    const copy = this.#index.copyAt(node, { table, key, value: undefined });
    if (copy === undefined) return;
    for (const request of this.#requests.values()) {
      if (request.state === copy.state) keepLostCopies(request, node, this.#quorumOptions);
    }
    const promised = copy.durable;
    copy.damaged = copy.visible;
    copy.visible = undefined;
    copy.durable = undefined;
    this.#acknowledgements.replaced(copy, promised);
  }

  rowsReplaced(node: string, rows: readonly RowState[]): void {
    this.#hints?.replaced(node, rows);
    this.#died.add(node);
    this.#storedWatch?.disturbed();
    for (const request of this.#requests.values()) {
      keepLostCopies(request, node, this.#quorumOptions);
    }
    this.#reads.died(node);
    this.#deadlines.died(node, this.#requests.values());
    const promised = [...this.#index.copiesOf(node)].map((copy) => ({ copy, row: copy.durable }));
    for (const { copy } of promised) {
      copy.visible = undefined;
      copy.durable = undefined;
      copy.damaged = undefined;
      copy.stored = undefined;
    }
    for (const row of rows) {
      const copy = this.#index.copyAt(node, row);
      if (copy !== undefined) {
        copy.visible = this.#stored(copy, row.value);
        copy.durable = copy.visible;
        copy.stored = copy.visible;
      }
    }
    for (const { copy, row } of promised) this.#acknowledgements.replaced(copy, row);
  }

  processPaused(node: string): void {
    this.#deadlines.paused(node);
    this.#storedWatch?.disturbed();
    this.#hints?.paused(node);
  }

  processResumed(node: string): void {
    this.#deadlines.resumed(node);
    this.#storedWatch?.disturbed();
  }

  sentIntoSilence(node: string, peer: string, silentMs: number): void {
    checkSilence({ node, peer, silentMs }, this.#parts.bounds, this.#violations);
  }

  clientAsked(ask: ClientAsk): void {
    const state = this.#index.stateOf(ask.key);
    const payload = ask.payload === undefined ? undefined : state.textOf(ask.payload);
    const context = ask.context === "" ? NOTHING : this.#opened(state, ask.context).clock;
    const askedMs = this.#parts.nowMs();
    const request = {
      ask,
      state,
      askedMs,
      payload,
      context,
      mints: [],
      sharesMints: false,
      isAbandoned: false,
      lostCopies: [],
    };
    this.#requests.set(ask.id, request);
    if (payload !== undefined) {
      state.addWriter(payload, request);
      this.#joinOperation(request, payload);
    } else {
      this.#reads.asked(request);
      this.#acknowledgements.readAsked(request);
    }
  }

  clientAnswered(id: number, response: HttpResponse): void {
    const request = this.#requests.get(id);
    if (request === undefined) {
      throw new RangeError(`Cannot take an answer to request ${id}: it is not under way`);
    }
    this.#requests.delete(id);
    this.#storedWatch?.passed();
    this.#deadlines.answered(request);
    checkStandIns(request, this.#parts, this.#violations);
    const isDone = response.status >= 200 && response.status < 400;
    if (request.payload !== undefined && isDone) {
      this.#acknowledged(request, request.payload);
    }
    const shown = isDone || response.status === 404 ? this.#shown(request, response) : undefined;
    if (request.payload === undefined) {
      this.#reads.answered(request, shown, this.#violations);
      this.#acknowledgements.readAnswered(request, shown, this.#violations);
      this.#checkKnown(request, response, shown);
    }
  }

  /**
   * To be called when all nodes are up, no request is under way and no hint is left, before anything is read that reads
   * could repair; and only where no disk ever refused a write.
   */
  hintsDelivered(): void {
    if (!this.#isLosslessMode) return;
    const options = { died: this.#died, synced: this.#parts.synced };
    for (const state of this.#index.states) checkDelivered(state, options, this.#violations);
  }

  /** What is known of every key. */
  get states(): Iterable<KeyState> {
    return this.#index.states;
  }

  /** Keys of which some node holds tombstones and nothing else. */
  get tombstonesLeft(): readonly string[] {
    return [...this.#index.states]
      .filter((state) =>
        state.copies.some(
          ({ visible }) => visible !== undefined && isTombstonesOnly(state, visible),
        ),
      )
      .map(({ name }) => name);
  }

  /** The checks that can only be made in the end; to be called once. */
  finish({ settled }: FinalCheck): void {
    const { versioning, lossless, nodesDestroyed } = this.#parts;
    this.#deadlines.finish(this.#requests.values());
    for (const state of this.#index.states) {
      const final = this.#finalSiblings(state, settled);
      if (final === undefined) continue;
      const lost = this.#isLosslessMode ? lostWrites(state, final) : lostByValue(state, final);
      for (const request of lost) {
        const isSafe = lossless && request.ask.quorum > nodesDestroyed;
        if (this.#isLosslessMode && isSafe) {
          reportLost(request, this.#violations);
        } else {
          this.losses.note(request);
        }
      }
      if (settled) {
        checkReplicas(state, versioning.mode, this.#violations);
      }
    }
  }

  /** By the nodes' own rules, which may find more wrong with a record than its grammar; undefined where they do. */
  #finalSiblings(state: KeyState, settled: boolean): FinalSiblings | undefined {
    try {
      return finalSiblings(state, this.#parts.versioning, settled);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const { message } = error;
      this.#violations.report("row-unreadable", () => ({
        anomaly: "nodes keep a record that they cannot read",
        detail: message,
        key: state.name,
      }));
      return undefined;
    }
  }

  #written(copy: Copy, value: Uint8Array | undefined): void {
    const { visible: before, damaged } = copy;
    // What takes the place of a damaged row may hold less.
    if (damaged !== undefined) this.#reads.forgot(copy.state, copy.node);
    copy.damaged = undefined;
    if (value === undefined) {
      copy.visible = undefined;
      this.#reads.forgot(copy.state, copy.node);
      if (before !== undefined && this.#isLosslessMode) {
        const { synced, lossless, destroyed } = this.#parts;
        // An owner may have lost it since it said that it holds the hint: in memory, or wiped, whenever it died.
        const hasForgotten = copy.state.copies.some(
          ({ node, owner, isForgetful }) =>
            isForgetful && node === copy.owner && owner === copy.owner,
        );
        const survives = synced && !destroyed.has(copy.owner);
        const keepsData = lossless && !hasForgotten && (survives || !this.#died.has(copy.owner));
        if (copy.node === copy.owner && isTombstonesOnly(copy.state, before)) {
          checkCollected(copy, before, { keepsData: this.#isDeletedForGood }, this.#violations);
        } else {
          checkRemoved(copy, before, { synced, keepsData }, this.#violations);
        }
      }
      return;
    }
    const after = this.#readable(() => this.#mints.written(copy, value, damaged));
    copy.visible = after;
    if (after === undefined) {
      this.#violations.report("row-unreadable", () => ({
        anomaly: "a node wrote a row that cannot be read",
        detail: `Node ${copy.node} wrote ${value.length} bytes that are no row of mode ${this.#parts.versioning.mode}`,
        key: copy.state.name,
      }));
    } else if (this.#isLosslessMode) {
      if (before !== undefined) checkDropped(copy, before, after, this.#violations);
      if (before?.record !== after.record) {
        checkKept(copy, after, this.#violations);
        if (this.#isDeletedForGood) checkResurrected(copy, after, this.#violations);
      }
    } else if (before !== undefined && isLastWriteWins(this.#parts.versioning.mode)) {
      checkLastWrite(copy, before, after, this.#violations);
    }
  }

  /** Rows of a damaged disk may be unreadable; nodes cannot use them, so they count as none. */
  #stored(copy: Copy, value: Uint8Array | undefined): KnownRow | undefined {
    return value === undefined ? undefined : this.#readable(() => this.#mints.stored(copy, value));
  }

  #readable(read: () => KnownRow): KnownRow | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof FormatError) {
        return undefined;
      }
      throw error;
    }
  }

  #acknowledged(request: ClientRequest, payload: string): void {
    const { state } = request;
    state.removeWriter(payload, request);
    request.acknowledgedMs = this.#parts.nowMs();
    state.acknowledged.push(request);
    if (this.#parts.truncated !== true) {
      checkQuorum(request, this.#quorumOptions, this.#violations);
    }
    checkAcceptedContext(request, this.#violations);
    if (this.#isLosslessMode) this.#acknowledgements.writeAcknowledged(request);
    this.#storedWatch?.acknowledged(request);
  }

  /** What the context of the answer covers; undefined where it has none that opens. */
  #shown(request: ClientRequest, response: HttpResponse): Clock | undefined {
    const { state, ask } = request;
    let shown: ShownVersions | undefined;
    try {
      shown = shownVersions(response, (payload) => state.textOf(payload));
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      const { message } = error;
      this.#violations.report("answer-unreadable", () => ({
        anomaly: "an answer is not as documented",
        detail: `Node ${ask.node} answered request ${ask.id}: ${message}`,
        key: state.name,
      }));
    }
    if (shown === undefined) {
      return undefined;
    }
    checkOrigin(request, shown, this.#violations);
    checkShownOnce(request, shown, this.#violations);
    const opened = this.#opened(state, shown.token);
    if (this.#isLosslessMode) {
      checkContext(request, shown, opened, this.#violations);
      if (opened.clock !== undefined && this.#parts.versioning.mode === "dvvset") {
        checkOverwritten(request, shown, opened.clock, this.#violations);
      }
    } else {
      const { clock = NOTHING } = opened;
      const deletes = state.history.mintsOf(TOMBSTONE).some((mint) => covers(clock, mint));
      state.showWith(shown.token, deletes ? [...shown.payloads, TOMBSTONE] : shown.payloads);
    }
    return opened.clock;
  }

  /** A write that was sent before under the same name may have its dot already, and is not to get another. */
  #joinOperation(request: ClientRequest, payload: string): void {
    const { state, mints } = request;
    if (!state.wasSentBefore(request)) return;
    mints.push(...state.history.mintsOf(payload));
    request.sharesMints = mints.length > 0;
  }

  #checkKnown(request: ClientRequest, response: HttpResponse, shown: Clock | undefined): void {
    const { ask, state, context } = request;
    const { session } = ask;
    const known =
      session === undefined ? context : this.#parts.openContext(state.key, session, "session");
    if (known === undefined || known.size === 0 || shown === undefined) return;
    const { mode } = this.#parts.versioning;
    checkKnown(request, response, { mode, known, shown }, this.#violations);
  }

  #opened(state: KeyState, token: string): OpenedToken {
    return state.openedToken(token, () => this.#parts.openContext(state.key, token));
  }

  /** False where a disk may turn back to what a tombstone overtook, whenever the power fails. */
  get #isDeletedForGood(): boolean {
    const { lossless, synced, buffered } = this.#parts;
    return lossless && (synced || buffered === true);
  }

  get #quorumOptions(): QuorumCheckOptions {
    const { synced, versioning, clocksKept = false } = this.#parts;
    return { synced, mode: versioning.mode, clocksKept };
  }
}
