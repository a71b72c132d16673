import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";
import type { ClientRequest, Copy, KeyState, KnownRecord } from "./key-state.ts";
import type { Violations } from "./violations.ts";

export interface ReadCheckOptions {
  /** False in the modes that lose writes: there it only counts that R nodes looked at what they hold. */
  readonly lossless: boolean;
  readonly n: number;
  /** As `OracleParts` has it. */
  readonly believedPreferenceList?: (
    node: string,
    key: Uint8Array,
  ) => readonly string[] | undefined;
}

/**
 * A read that is answered has R answers (D-4.5-6, D-4.6-5, K-22), and shows all they hold: own copies and hints. Answers are
 * not seen here, but whoever gives one looks up its own row of the key while the read is under way, and what it holds at the
 * first such look it holds when it answers. So R nodes must be found that looked, and hold nothing that the context of the
 * answer leaves out; with a strict quorum among the primaries. A silent node taken for one that holds nothing, a fallback
 * that keeps quiet about its hints and an answer counted twice all leave fewer. What a row held that the disk has garbled since
 * counts as held: its node cannot answer, and must not as if it held nothing.
 *
 * That the versions covered by the context are shown as well is the affair of `context-covers-unseen`.
 */
export class ReadWatch {
  readonly #options: ReadCheckOptions;
  readonly #underWay = new Map<KeyState, ReadUnderWay[]>();

  constructor(options: ReadCheckOptions) {
    this.#options = options;
  }

  /** False: looks of nodes at their rows are of no interest. */
  get isAnyUnderWay(): boolean {
    return this.#underWay.size > 0;
  }

  asked(request: ClientRequest): void {
    const { state } = request;
    const read = { request, looks: [], values: [], believed: this.#believedPrimariesOf(request) };
    const reads = this.#underWay.get(state);
    if (reads === undefined) this.#underWay.set(state, [read]);
    else reads.push(read);
  }

  /** A node looks up its own row of a key. Its hints it looks up after that. */
  looked(own: Copy): void {
    let look: Look | undefined;
    for (const { request, looks, values } of this.#underWay.get(own.state) ?? NONE) {
      const isFirst = !hasLooked(looks, own.node);
      const { ignoresNotFound } = request.ask;
      if (!isFirst && ignoresNotFound !== true) continue;
      look ??= lookAt(own);
      if (isFirst) looks.push(look);
      if (ignoresNotFound === true && holdsValue(look)) values.push(look);
    }
  }

  /** A node lost a row: a hint was delivered, a write was rolled back, or it died. It may leave out what it held. */
  forgot(state: KeyState, node: string): void {
    for (const { looks } of this.#underWay.get(state) ?? NONE) {
      const at = looks.findIndex((look) => look.node === node);
      if (at >= 0) looks[at] = { node, own: undefined, hinted: NOTHING, isForgotten: true };
    }
  }

  /** A node died: the reads it coordinated are never answered. */
  died(node: string): void {
    for (const [state, reads] of [...this.#underWay]) {
      this.#keep(
        state,
        reads.filter(({ request }) => request.ask.node !== node),
      );
      this.forgot(state, node);
    }
  }

  /** The read is answered; `shown` is what the context of the answer covers, undefined where nothing was found out. */
  answered(request: ClientRequest, shown: Clock | undefined, violations: Violations): void {
    const { ask, state } = request;
    const read = this.#over(request);
    if (read === undefined || shown === undefined) return;
    const isShown = this.#options.lossless ? showing(shown) : isAnything;
    const primaries = ask.strict ? this.#primariesOf(read) : undefined;
    const counts = (look: Look) => primaries?.has(look.node) !== false && isShown(look);
    if (ask.ignoresNotFound !== true && countAtLeast(ask.quorum, read.looks, counts)) return;
    const counted = read.looks.filter(counts);
    if (ask.ignoresNotFound === true) {
      const speaking = nodesOf([...counted.filter(holdsValue), ...read.values.filter(counts)]);
      if (speaking.size < ask.quorum) this.#checkAbsent(read, counted, speaking, violations);
      return;
    }
    violations.report("read-without-quorum", () => ({
      anomaly: "a read was answered without all that R nodes hold",
      detail: `Node ${ask.node} answered request ${ask.id} with R ${ask.quorum}; ${read.looks.length} nodes looked at what they hold (${namesOf(read.looks)}), and all of it is in the answer for ${counted.length} of them (${namesOf(counted)})`,
      key: state.name,
    }));
  }

  /** Those of any ring in force since the read began, and by which its coordinator went, who may not have heard of the last one. */
  #primariesOf({ request, believed }: ReadUnderWay): ReadonlySet<string> {
    const { state, askedMs } = request;
    const since = state.primariesSince(askedMs).flat();
    return new Set([...since, ...believed, ...this.#believedPrimariesOf(request)]);
  }

  #believedPrimariesOf({ ask, state }: ClientRequest): readonly string[] {
    const { believedPreferenceList, n } = this.#options;
    return believedPreferenceList?.(ask.node, state.key)?.slice(0, n) ?? NOBODY;
  }

  /** Fewer than R nodes had a value to show: then all N primaries have spoken, or somebody with a hint for one (K-22). */
  #checkAbsent(
    read: ReadUnderWay,
    counted: readonly Look[],
    withValues: ReadonlySet<string>,
    violations: Violations,
  ): void {
    const { ask, state } = read.request;
    const primaries = this.#primariesOf(read);
    const absent = counted.filter(({ node }) => primaries.has(node));
    const speaking = new Set([...withValues, ...nodesOf(absent)]);
    if (speaking.size >= state.primaries.length) return;
    violations.report("read-without-quorum", () => ({
      anomaly: "a read took not found for an answer although it was to ignore it",
      detail: `Node ${ask.node} answered request ${ask.id}, which ignores not found, with R ${ask.quorum}; only ${[...speaking].join(", ")} of ${state.primaries.length} had something to say`,
      key: state.name,
    }));
  }

  /** Takes a read out of those that are under way. */
  #over(request: ClientRequest): ReadUnderWay | undefined {
    const reads = this.#underWay.get(request.state);
    if (reads === undefined) return undefined;
    const at = reads.findIndex((each) => each.request === request);
    if (at < 0) return undefined;
    const read = reads[at];
    // Few keys are read twice at once.
    if (reads.length === 1) this.#underWay.delete(request.state);
    else reads.splice(at, 1);
    return read;
  }

  #keep(state: KeyState, reads: ReadUnderWay[]): void {
    if (reads.length === 0) this.#underWay.delete(state);
    else this.#underWay.set(state, reads);
  }
}

interface ReadUnderWay {
  readonly request: ClientRequest;
  /** The first of each node. */
  readonly looks: Look[];
  /**
   * Where "not found" is ignored, all that found something: to hold nothing at the first look is no promise, and it is a
   * later one that the node answers.
   */
  readonly values: Look[];
  /** The primaries as its coordinator knew them when it was asked. */
  readonly believed: readonly string[];
}

interface Look {
  readonly node: string;
  /** What the node held of the key then: in its own row, and in hints. */
  readonly own: KnownRecord | undefined;
  readonly hinted: readonly KnownRecord[];
  /** It held something and lost it since, so that nobody knows what it said. */
  readonly isForgotten?: true;
}

const NONE: readonly ReadUnderWay[] = [];
const NOBODY: readonly string[] = [];
const NOTHING: readonly KnownRecord[] = [];
const NO_COPIES: readonly Copy[] = [];

function lookAt({ state, node, visible, damaged }: Copy): Look {
  let hinted = NOTHING;
  for (const hint of state.hints.get(node) ?? NO_COPIES) {
    const record = (hint.visible ?? hint.damaged)?.record;
    if (record !== undefined) hinted = [...hinted, record];
  }
  return { node, own: (visible ?? damaged)?.record, hinted };
}

function hasLooked(looks: readonly Look[], node: string): boolean {
  for (const look of looks) if (look.node === node) return true;
  return false;
}

/** Tells whether an answer with this context shows all that a node held. Replicas mostly hold the same record, which is then compared once. */
function showing(shown: Clock): (look: Look) => boolean {
  let covered: KnownRecord | undefined;
  const isCovered = (record: KnownRecord): boolean => {
    if (record === covered) return true;
    if (!coversClock(shown, record.clock)) return false;
    covered = record;
    return true;
  };
  return ({ own, hinted }) => (own === undefined || isCovered(own)) && hinted.every(isCovered);
}

/** True where as many of the looks count. */
function countAtLeast(
  quorum: number,
  looks: readonly Look[],
  counts: (look: Look) => boolean,
): boolean {
  let count = 0;
  for (const look of looks) if (counts(look)) count += 1;
  return count >= quorum;
}

function isAnything(): boolean {
  return true;
}

function nodesOf(looks: readonly Look[]): ReadonlySet<string> {
  return new Set(looks.map(({ node }) => node));
}

/** Or may have held one. */
function holdsValue({ own, hinted, isForgotten }: Look): boolean {
  return own !== undefined || hinted.length > 0 || isForgotten === true;
}

function namesOf(looks: readonly Look[]): string {
  return looks.map(({ node }) => node).join(", ");
}
