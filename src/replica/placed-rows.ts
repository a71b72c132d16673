import type { Assertions } from "../env/assertions.ts";
import type { Engine, WriteOptions } from "../storage/engine.ts";
import type { HintRows } from "./hint-rows.ts";
import { isHintPlace } from "./hint-rows.ts";
import type { ReplicaMetrics } from "./replica-metrics.ts";
import type { Row } from "./row.ts";
import type { FoundRow, Place, Rows } from "./rows.ts";

export interface PlacedRowsParts {
  readonly engine: Engine;
  readonly rows: Rows;
  readonly hints: HintRows;
  readonly metrics: ReplicaMetrics;
  readonly assertions: Assertions;
}

/** How what a merge or a mint has made comes to its place: among the node's own rows, or the hints that it keeps for others. */
export class PlacedRows {
  readonly #parts: PlacedRowsParts;

  constructor(parts: PlacedRowsParts) {
    this.#parts = parts;
  }

  /** Throws DynamoError hints-full, before anything is changed. */
  write(place: Place, row: Row, options: WriteOptions | undefined): Promise<void> {
    const { hints, rows } = this.#parts;
    return isHintPlace(place) ? hints.write(place, row, options) : rows.write(place, row, options);
  }

  /** What the acknowledgement of a record that changed nothing has to wait for. */
  unchanged(place: Place, row: FoundRow, options?: WriteOptions): Promise<void> | undefined {
    const { engine, metrics, assertions } = this.#parts;
    metrics.unchanged.increment();
    if (options?.durable === true && engine.buffered === true) {
      // What is there may be in memory only.
      return this.write(place, row, options);
    }
    assertions.sometimes(
      "a record that changed nothing waited for the write under way",
      row.underWay !== undefined,
    );
    return row.underWay;
  }
}
