import { FormatError } from "../base/binary.ts";
import { toHex } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Versioning } from "../causality/versioning.ts";
import type { Clock } from "../env/clock.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { RowPage } from "../protocol/row-page.ts";
import type { PartitionRows, RowQuery } from "../replica/partition-rows.ts";
import type { Ring } from "../ring/ring.ts";
import type { WriteOptions } from "../storage/engine.ts";
import { checkBroughtRecord } from "./brought-record.ts";
import type { NodeRows } from "./contract.ts";
import type { Stage } from "./stage.ts";

export interface RowAccessParts {
  readonly nodeId: NodeId;
  readonly n: number;
  readonly ring: () => Ring;
  readonly versioning: Versioning;
  readonly clock: Pick<Clock, "wallMs">;
  /** How far ahead of the clock a row's time may be where the last write wins. */
  readonly clockSkewMaxMs: number;
  readonly rows: PartitionRows;
  readonly stage: Stage;
  /** The longest that a page waits for its turn. */
  readonly waitMaxMs: number;
  readonly replica: {
    store(
      key: Uint8Array,
      record: Uint8Array,
      hintFor: undefined,
      options: WriteOptions,
    ): Promise<void>;
  };
}

/** Rows of a node for whoever takes a snapshot of the cluster, or restores one (D-6.2-8). Rejects with DynamoError. */
export class RowAccess implements NodeRows {
  readonly #parts: RowAccessParts;

  constructor(parts: RowAccessParts) {
    this.#parts = parts;
  }

  get partitionCount(): number {
    return this.#parts.ring().partitionCount;
  }

  page(query: RowQuery): Promise<RowPage> {
    return this.#inTurn(() => this.#page(query));
  }

  /**
   * Merges rows into the node's own and resolves when all are stored. They come from others, so none is minted in under an
   * actor that it had. A row that this node is no primary of, or that nobody could read, or write again (`row-refused`), is refused, before any is written; pages have
   * a stage of their own, since they do not pass the admission of clients' requests.
   */
  store(page: RowPage): Promise<void> {
    return this.#inTurn(() => this.#store(page));
  }

  /** Rejects with DynamoError overloaded where too many pages are under way, and nothing was begun. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { stage, waitMaxMs } = this.#parts;
    if (!stage.tryEnter()) await stage.turn(waitMaxMs);
    try {
      return await work();
    } finally {
      stage.leave();
    }
  }

  async #page(query: RowQuery): Promise<RowPage> {
    try {
      return await this.#parts.rows.page(query);
    } catch (error) {
      // A cursor that was none of ours.
      if (!(error instanceof FormatError || error instanceof RangeError)) throw error;
      throw new DynamoError("bad-request", error.message, { cause: error });
    }
  }

  async #store({ rows }: RowPage): Promise<void> {
    const { nodeId, n, ring, replica } = this.#parts;
    if (ring().next !== undefined) {
      throw new DynamoError("overloaded", "Cannot take rows: a change of the membership is open");
    }
    const records = rows.map(({ key, record }) => {
      if (!ring().preferenceList(key).slice(0, n).includes(nodeId)) {
        throw new DynamoError("bad-request", refusal(key, "this node is not among its first N"));
      }
      return { key, record: this.#checked(key, record) };
    });
    const stored = await Promise.allSettled(
      records.map(({ key, record }) => replica.store(key, record, undefined, { durable: true })),
    );
    for (const each of stored) {
      if (each.status === "rejected") throw each.reason;
    }
  }

  #checked(key: Uint8Array, record: Uint8Array | undefined): Uint8Array {
    if (record === undefined) throw refused(key, "it has no record");
    const { versioning, clock, clockSkewMaxMs } = this.#parts;
    try {
      checkBroughtRecord(record, { versioning, wallMs: clock.wallMs(), clockSkewMaxMs });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw refused(key, error.message, error);
    }
    return record;
  }
}

/** For what the row holds, wherever it is brought to. */
function refused(key: Uint8Array, reason: string, cause?: FormatError): DynamoError {
  return new DynamoError("row-refused", refusal(key, reason), { cause });
}

function refusal(key: Uint8Array, reason: string): string {
  return `Cannot take the row of key ${toHex(key)}: ${reason}`;
}
