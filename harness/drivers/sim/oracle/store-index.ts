import { keyOfRecordRow, parseHintRowKey } from "../../../../src/replica/row-keys.ts";
import { ByteStrings } from "../../../../src/storage/byte-strings.ts";
import type { TableName } from "../../../../src/storage/engine.ts";
import type { Copy } from "./key-state.ts";
import { KeyState } from "./key-state.ts";

export interface StoreIndexOptions {
  readonly nodes: readonly string[];
  readonly n: number;
  readonly preferenceList: (key: Uint8Array) => readonly string[];
  /** Under the ring that an open change leads to; absent, or undefined: there is none. */
  readonly nextPreferenceList?: ((key: Uint8Array) => readonly string[] | undefined) | undefined;
}

/** Where everything is: the state of each client key, and the copy that each row of each node is. */
export class StoreIndex {
  readonly #options: StoreIndexOptions;
  readonly #states = new Map<string, KeyState>();
  readonly #nodes = new Map<string, NodeRows>();
  readonly #texts = new ByteStrings();

  constructor(options: StoreIndexOptions) {
    this.#options = options;
    for (const node of options.nodes) {
      this.#nodes.set(node, { records: new Map(), hints: new Map() });
    }
  }

  /** All keys, in the order in which they came up. */
  get states(): Iterable<KeyState> {
    return this.#states.values();
  }

  stateOf(key: Uint8Array): KeyState {
    const text = this.#texts.of(key);
    let state = this.#states.get(text);
    if (state === undefined) {
      // Of its own memory: the view may be of a whole message.
      state = new KeyState(Uint8Array.from(key), this.#primariesOf(key));
      state.movesTo(state.primaries, this.#nextPrimariesOf(key), 0);
      this.#states.set(text, state);
    }
    return state;
  }

  /** Gives the keys that have other primaries than before. */
  membersChanged(nowMs: number): readonly KeyState[] {
    return [...this.#states.values()].filter((state) =>
      state.movesTo(this.#primariesOf(state.key), this.#nextPrimariesOf(state.key), nowMs),
    );
  }

  /** The copy at a row; undefined for tables that hold no client's data. Throws FormatError on a key that is none. */
  copyAt(node: string, table: TableName, key: Uint8Array): Copy | undefined {
    if (table !== "records" && table !== "hints") {
      return undefined;
    }
    const rows = this.#rowsOf(node)[table];
    const rowKey = this.#texts.of(key);
    let copy = rows.get(rowKey);
    if (copy === undefined) {
      const parts =
        table === "hints" ? parseHintRowKey(key) : { owner: node, key: keyOfRecordRow(key) };
      const state = this.stateOf(parts.key);
      copy = {
        state,
        node,
        owner: parts.owner,
        visible: undefined,
        durable: undefined,
        damaged: undefined,
        isForgetful: false,
      };
      state.addCopy(copy);
      rows.set(rowKey, copy);
    }
    return copy;
  }

  *copiesOf(node: string): Iterable<Copy> {
    const { records, hints } = this.#rowsOf(node);
    yield* records.values();
    yield* hints.values();
  }

  #primariesOf(key: Uint8Array): readonly string[] {
    return this.#options.preferenceList(key).slice(0, this.#options.n);
  }

  #nextPrimariesOf(key: Uint8Array): readonly string[] {
    return this.#options.nextPreferenceList?.(key)?.slice(0, this.#options.n) ?? [];
  }

  #rowsOf(node: string): NodeRows {
    const rows = this.#nodes.get(node);
    if (rows === undefined) {
      throw new RangeError(`Cannot find node ${node}: known are ${this.#options.nodes.join(", ")}`);
    }
    return rows;
  }
}

interface NodeRows {
  readonly records: Map<string, Copy>;
  readonly hints: Map<string, Copy>;
}
