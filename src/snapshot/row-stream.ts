import { FormatError } from "../base/binary.ts";
import { toBase64url } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { PageRow, PartitionRun, RowPage } from "../protocol/row-page.ts";
import { decodeRowPage } from "../protocol/row-page.ts";
import { askNode, NodeError } from "./ask-node.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";

export interface RowSource {
  readonly node: NodeId;
  readonly url: string;
  readonly table: "records" | "hints";
  readonly partitions: PartitionRun;
  readonly patience: Patience;
}

/** The rows of one table of one node, one after the other, read page by page. */
export class RowStream {
  readonly node: NodeId;
  readonly #environment: Pick<SnapshotEnvironment, "http" | "clock">;
  readonly #source: RowSource;
  #rows: readonly PageRow[] = [];
  #at = 0;
  #next: Uint8Array | undefined;
  #isLast = false;
  #failure: NodeError | undefined;

  constructor(environment: Pick<SnapshotEnvironment, "http" | "clock">, source: RowSource) {
    this.node = source.node;
    this.#environment = environment;
    this.#source = source;
  }

  /** The row that is next; undefined at the end, and where the node has failed. To be read after `load`. */
  get head(): PageRow | undefined {
    return this.#rows[this.#at];
  }

  /** Why there are fewer rows than the node has. */
  get failure(): NodeError | undefined {
    return this.#failure;
  }

  /** True: `head` says nothing before `load` was called. */
  get isEmpty(): boolean {
    return this.#at >= this.#rows.length && !this.#isLast && this.#failure === undefined;
  }

  take(): void {
    this.#at += 1;
  }

  /** Fetches pages until there is a row or the end. A node that fails ends its stream. */
  async load(): Promise<void> {
    while (this.isEmpty) {
      try {
        const { rows, next } = await fetchRows(this.#environment, this.#source, this.#next);
        this.#rows = rows;
        this.#at = 0;
        this.#next = next;
        this.#isLast = next === undefined;
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        this.#failure = error;
      }
    }
  }
}

/** One page. Rejects with NodeError. */
export async function fetchRows(
  environment: Pick<SnapshotEnvironment, "http" | "clock">,
  { url, table, partitions, patience }: RowSource,
  after: Uint8Array | undefined,
): Promise<RowPage> {
  const from = after === undefined ? "" : `&after=${toBase64url(after)}`;
  const query = `table=${table}&partitions=${partitions.first}-${partitions.last}${from}`;
  const request = { method: "GET", url: `${url}/admin/rows?${query}`, expected: 200 } as const;
  const { body } = await askNode(environment, request, patience);
  try {
    return decodeRowPage(body);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new NodeError(`Cannot use the answer of ${request.url}: ${error.message}`, {
      cause: error,
    });
  }
}
