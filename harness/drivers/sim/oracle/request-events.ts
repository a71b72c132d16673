import type { Clock } from "../../../../src/causality/versioning.ts";
import type { HttpResponse } from "../../../../src/http/exchange.ts";
import type { ClientAsk } from "../observer.ts";
import { checkQuorum } from "./acknowledged-without-quorum.ts";
import { checkAcceptedContext, checkContext, checkOrigin } from "./answer-checks.ts";
import { covers } from "./key-history.ts";
import type { ClientRequest, KeyState, OpenedToken } from "./key-state.ts";
import type { OracleParts, Watches } from "./oracle-parts.ts";
import { quorumOptions } from "./oracle-parts.ts";
import { checkKnown } from "./read-below-known.ts";
import type { ShownVersions } from "./shown-versions.ts";
import { shownVersions, TOMBSTONE } from "./shown-versions.ts";
import { checkStandIns } from "./stand-in-late.ts";
import { checkOverwritten } from "./superseded-elsewhere.ts";
import { checkShownOnce } from "./write-shown-twice.ts";

const NOTHING: Clock = new Map();
const NONE_REMOVED: ClientRequest["removed"] = [];
const NONE_LOST: ClientRequest["lostCopies"] = [];

/** What clients ask and are told. */
export class RequestEvents {
  readonly #parts: OracleParts;
  readonly #watches: Watches;

  constructor(parts: OracleParts, watches: Watches) {
    this.#parts = parts;
    this.#watches = watches;
  }

  clientAsked(ask: ClientAsk): void {
    const state = this.#watches.index.stateOf(ask.key);
    const payload = ask.payload === undefined ? undefined : state.textOf(ask.payload);
    const context = ask.context === "" ? NOTHING : this.#opened(state, ask.context).clock;
    const askedMs = this.#parts.nowMs();
    const request: ClientRequest = {
      ask,
      state,
      askedMs,
      payload,
      context,
      mints: [],
      sharesMints: false,
      isAbandoned: false,
      lookedUpAt: undefined,
      removed: NONE_REMOVED,
      lostCopies: NONE_LOST,
    };
    this.#watches.requests.set(ask.id, request);
    if (payload !== undefined) {
      state.addWriter(payload, request);
      this.#joinOperation(request, payload);
    } else {
      this.#watches.reads.asked(request);
      this.#watches.acknowledgements.readAsked(request);
    }
  }

  clientAnswered(id: number, response: HttpResponse): void {
    const request = this.#watches.requests.get(id);
    if (request === undefined) {
      throw new RangeError(`Cannot take an answer to request ${id}: it is not under way`);
    }
    this.#watches.requests.delete(id);
    this.#watches.stored?.passed();
    this.#watches.deadlines.answered(request);
    checkStandIns(request, this.#parts, this.#watches.violations);
    const isDone = response.status >= 200 && response.status < 400;
    if (request.payload !== undefined && isDone) {
      this.#acknowledged(request, request.payload);
    }
    const shown = isDone || response.status === 404 ? this.#shown(request, response) : undefined;
    if (request.payload === undefined) {
      this.#watches.reads.answered(request, shown, this.#watches.violations);
      this.#watches.acknowledgements.readAnswered(request, shown, this.#watches.violations);
      this.#checkKnown(request, response, shown);
    }
  }

  #acknowledged(request: ClientRequest, payload: string): void {
    const { state } = request;
    state.removeWriter(payload, request);
    request.acknowledgedMs = this.#parts.nowMs();
    state.acknowledged.push(request);
    if (this.#parts.truncated !== true) {
      checkQuorum(request, quorumOptions(this.#parts), this.#watches.violations);
    }
    checkAcceptedContext(request, this.#watches.violations);
    if (this.#watches.isLosslessMode) this.#watches.acknowledgements.writeAcknowledged(request);
    this.#watches.stored?.acknowledged(request);
  }

  /** What the context of the answer covers; undefined where it has none that opens. */
  #shown(request: ClientRequest, response: HttpResponse): Clock | undefined {
    const { state, ask } = request;
    let shown: ShownVersions | undefined;
    try {
      shown = shownVersions(response, state.shownTexts);
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      const { message } = error;
      this.#watches.violations.report("answer-unreadable", () => ({
        anomaly: "an answer is not as documented",
        detail: `Node ${ask.node} answered request ${ask.id}: ${message}`,
        key: state.name,
      }));
    }
    if (shown === undefined) {
      return undefined;
    }
    checkOrigin(request, shown, this.#watches.violations);
    checkShownOnce(request, shown, this.#watches.violations);
    const opened = this.#opened(state, shown.token);
    if (this.#watches.isLosslessMode) {
      checkContext(request, shown, opened, this.#watches.violations);
      if (opened.clock !== undefined && this.#parts.versioning.mode === "dvvset") {
        checkOverwritten(request, shown, opened.clock, this.#watches);
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
    checkKnown(request, response, { mode, known, shown }, this.#watches.violations);
  }

  #opened(state: KeyState, token: string): OpenedToken {
    return state.openedToken(token, this.#parts.openContext);
  }
}
