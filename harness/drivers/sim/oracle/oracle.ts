import { FormatError } from "../../../../src/base/binary.ts";
import type { HttpResponse } from "../../../../src/http/exchange.ts";
import type { TableName } from "../../../../src/storage/engine.ts";
import type { ClientAsk, RowState, Violation, WorldObserver } from "../observer.ts";
import { AllowedLosses } from "./allowed-losses.ts";
import type { FinalSiblings } from "./final-siblings.ts";
import { finalSiblings } from "./final-siblings.ts";
import type { ForgottenRepeats } from "./forgotten-repeats.ts";
import type { KeyState } from "./key-state.ts";
import { lostByValue, lostWrites, reportLost } from "./lost-writes.ts";
import { checkDelivered } from "./never-delivered.ts";
import type { OracleParts, Watches } from "./oracle-parts.ts";
import { createWatches } from "./oracle-parts.ts";
import { checkReplicas } from "./replicas-differ.ts";
import { RequestEvents } from "./request-events.ts";
import { isTombstonesOnly } from "./resurrected.ts";
import { RowEvents } from "./row-events.ts";
import { checkSilence } from "./silent-connection.ts";

/** How a run ended. */
export interface FinalCheck {
  /**
   * True: everything was healed, hints were delivered, and every key was read from all N with the time that read repair takes.
   * Then replicas must be equal. False: only lost writes are looked for, in all rows anywhere.
   */
  readonly settled: boolean;
}

/**
 * Judges a simulated store from outside while it runs, by every row its nodes write and every request they answer. Each
 * check is a file of its own beside this one; this one brings events to them. Costs a few microseconds an event: rows
 * are looked up by their key, each distinct record is read once, and nothing walks over all keys or all writes before the
 * end.
 */
export class Oracle implements WorldObserver {
  readonly #parts: OracleParts;
  readonly #watches: Watches;
  readonly #rows: RowEvents;
  readonly #asked: RequestEvents;
  /** Acknowledged writes that may be gone, and are. */
  readonly losses = new AllowedLosses();
  #membersSinceMs = Number.NEGATIVE_INFINITY;

  constructor(parts: OracleParts) {
    this.#parts = parts;
    this.#watches = createWatches(parts);
    this.#rows = new RowEvents(parts, this.#watches);
    this.#asked = new RequestEvents(parts, this.#watches);
  }

  /** The first 50, in the order in which they happened. */
  get violations(): readonly Violation[] {
    return this.#watches.violations.first;
  }

  /** All of them. */
  get violationCount(): number {
    return this.#watches.violations.count;
  }

  /** Writes that were shown again where the store says that they may be. */
  get forgotten(): ForgottenRepeats {
    return this.#watches.forgotten;
  }

  /** Dots that named a second write in a mode that issues them so by design. */
  get dotsIssuedTwiceByDesign(): number {
    return this.#watches.mints.issuedTwiceByDesign;
  }

  rowRead(node: string, table: TableName, key: Uint8Array): void {
    this.#rows.rowRead(node, table, key);
  }

  rowsWritten(node: string, changes: readonly RowState[]): void {
    this.#rows.rowsWritten(node, changes);
  }

  rowsDurable(node: string, changes: readonly RowState[]): void {
    this.#rows.rowsDurable(node, changes);
  }

  rowsStored(node: string, changes: readonly RowState[]): void {
    this.#rows.rowsStored(node, changes);
  }

  rowsRolledBack(node: string, rows: readonly RowState[]): void {
    this.#rows.rowsRolledBack(node, rows);
  }

  rowDamaged(node: string, table: TableName, key: Uint8Array): void {
    this.#rows.rowDamaged(node, table, key);
  }

  rowsReplaced(node: string, rows: readonly RowState[]): void {
    this.#rows.rowsReplaced(node, rows);
  }

  processPaused(node: string): void {
    this.#watches.deadlines.paused(node);
    this.#watches.stored?.disturbed();
    this.#watches.hints?.paused(node);
  }

  processResumed(node: string): void {
    this.#watches.deadlines.resumed(node);
    this.#watches.stored?.disturbed();
  }

  membersChanged(members: readonly string[]): void {
    const nowMs = this.#parts.nowMs();
    const moved = this.#watches.index.membersChanged(nowMs);
    this.#watches.acknowledgements.membersChanged(moved, this.#watches.violations);
    this.#watches.hints?.membersChanged(members.length);
    if (moved.length > 0) this.#membersSinceMs = nowMs;
  }

  sentIntoSilence(node: string, peer: string, silentMs: number): void {
    checkSilence({ node, peer, silentMs }, this.#parts.bounds, this.#watches.violations);
  }

  clientAsked(ask: ClientAsk): void {
    this.#asked.clientAsked(ask);
  }

  clientAnswered(id: number, response: HttpResponse): void {
    this.#asked.clientAnswered(id, response);
  }

  /**
   * To be called when all nodes are up, no request is under way and no hint is left, before anything is read that reads
   * could repair; and only where no disk ever refused a write.
   */
  hintsDelivered(): void {
    if (!this.#watches.isLosslessMode) return;
    const options = {
      died: this.#watches.died,
      synced: this.#parts.synced,
      sinceMs: this.#membersSinceMs,
    };
    for (const state of this.#watches.index.states)
      checkDelivered(state, options, this.#watches.violations);
  }

  /** What is known of every key. */
  get states(): Iterable<KeyState> {
    return this.#watches.index.states;
  }

  /** Keys of which some node holds tombstones and nothing else. */
  get tombstonesLeft(): readonly string[] {
    return [...this.#watches.index.states]
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
    this.#watches.deadlines.finish(this.#watches.requests.values());
    for (const state of this.#watches.index.states) {
      const final = this.#finalSiblings(state, settled);
      if (final === undefined) continue;
      const lost = this.#watches.isLosslessMode
        ? lostWrites(state, final)
        : lostByValue(state, final);
      for (const request of lost) {
        const isSafe = lossless && request.ask.quorum > nodesDestroyed;
        if (this.#watches.isLosslessMode && isSafe) {
          reportLost(request, this.#watches.violations);
        } else {
          this.losses.note(request);
        }
      }
      if (settled) {
        const { mode } = versioning;
        const areHandedOver = this.#parts.movingW !== undefined;
        checkReplicas(state, { mode, areHandedOver }, this.#watches.violations);
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
      this.#watches.violations.report("row-unreadable", () => ({
        anomaly: "nodes keep a record that they cannot read",
        detail: message,
        key: state.name,
      }));
      return undefined;
    }
  }
}
