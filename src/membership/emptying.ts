import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import { StorageError } from "../storage/engine.ts";
import type { Departure } from "./departures.ts";
import type { KeptHistory } from "./kept-history.ts";

export interface EmptyingParts {
  readonly nodeId: NodeId;
  readonly history: Pick<KeptHistory, "issue">;
  /** As far as is known now. */
  readonly departures: () => readonly Departure[];
}

/** Who is no member any more and may still hold something, and what this node has to say of it if it is one of them. */
export class Emptying {
  readonly #log: Environment["log"];
  readonly #parts: EmptyingParts;
  /** True while this node's word is being stored. */
  #isSaying = false;
  #wasSilenced = false;

  constructor({ log, metrics }: Pick<Environment, "log" | "metrics">, parts: EmptyingParts) {
    this.#log = log;
    this.#parts = parts;
    metrics.gauge(
      "ringside_nodes_not_emptied",
      "Nodes that are no members any more and may still hold rows: until there is none no tombstones are collected.",
      {},
      () => this.notEmptied().length,
    );
  }

  /** Of whom nobody has said yet that they are empty, each once. */
  notEmptied(): readonly NodeId[] {
    return [
      ...new Set(
        this.#parts
          .departures()
          .filter(isOwed)
          .map(({ node }) => node),
      ),
    ];
  }

  /** True while this node is no member any more, and has to say that it is empty once it is. */
  get isOwed(): boolean {
    return !this.#isSaying && this.#own().some(isOwed);
  }

  /**
   * True where others have been told that this node never comes back, and yet here it is: what it has may be older than what was deleted since, and
   * goes to nobody.
   */
  get isSilenced(): boolean {
    const departures = this.#own();
    const last = departures.at(-1);
    if (last?.emptiedBy === undefined || departures.some(isOwed)) return false;
    return !last.emptiedBy.startsWith(`${this.#parts.nodeId}/`);
  }

  /** This node holds nothing any more. Says so, once for each time that it left. */
  say(): void {
    if (this.#isSaying) return;
    this.#isSaying = true;
    this.#sayOf(this.#own().filter(isOwed))
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        // The next look for rows asks again.
        this.#log.error({ err: error }, "Cannot store that this node is empty");
      })
      .finally(() => {
        this.#isSaying = false;
      });
  }

  /** Logs once that this node is silenced. To be called where more is known. */
  tell(): void {
    const { isSilenced } = this;
    if (isSilenced && !this.#wasSilenced) {
      this.#log.warn(
        {},
        "This node was said never to come back: it hands nothing over, and may join only with an empty data folder",
      );
    }
    this.#wasSilenced = isSilenced;
  }

  async #sayOf(departures: readonly Departure[]): Promise<void> {
    for (const { node, change, digest } of departures) {
      await this.#parts.history.issue({ kind: "emptied", change, digest, node });
    }
  }

  #own(): readonly Departure[] {
    return this.#parts.departures().filter(({ node }) => node === this.#parts.nodeId);
  }
}

function isOwed({ emptiedBy }: Departure): boolean {
  return emptiedBy === undefined;
}
