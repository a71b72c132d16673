import type { NodeId } from "../base/ids.ts";
import type { PageRow } from "../protocol/row-page.ts";
import { encodeRowPage, PAGE_BYTES, pageRowBytes } from "../protocol/row-page.ts";
import { asFailure, askNode, NodeError } from "./ask-node.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import type { FileRow } from "./row-file.ts";

/** Rows sent to a node in one request at most. */
const PAGE_ROWS = 512;

/** A row that a node does not take, and why. */
export interface RefusedRow {
  readonly key: Uint8Array;
  readonly node: NodeId;
  /** One line. */
  readonly reason: string;
}

export interface OutboxParts {
  readonly environment: SnapshotEnvironment;
  readonly view: ClusterView;
  readonly patience: Patience;
  /** Undefined: a row that is refused is a failure. */
  readonly onRefused: ((row: RefusedRow) => void) | undefined;
}

/** Rows on their way to the nodes that shall have them, a page for each. */
export class Outbox {
  readonly #parts: OutboxParts;
  #byNode = new Map<NodeId, PageRow[]>();
  #rows = 0;
  #sizeBytes = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  async add(row: FileRow): Promise<void> {
    const { ring, n } = this.#parts.view;
    for (const node of ring.preferenceList(row.key).slice(0, n)) {
      const page = this.#byNode.get(node);
      if (page === undefined) this.#byNode.set(node, [row]);
      else page.push(row);
    }
    this.#rows += 1;
    this.#sizeBytes += pageRowBytes(row);
    if (this.#rows >= PAGE_ROWS || this.#sizeBytes >= PAGE_BYTES) await this.flush();
  }

  /** Resolves when all N nodes of each row have stored it, or refused it where that is allowed. Rejects with SnapshotError. */
  async flush(): Promise<void> {
    const pages = [...this.#byNode];
    this.#byNode = new Map();
    this.#rows = 0;
    this.#sizeBytes = 0;
    await Promise.all(pages.map(([node, rows]) => this.#send(node, rows).catch(asFailure)));
  }

  /**
   * A node stores nothing of a page with a bad row, so halves of it go again until that row is alone. What it refuses for anything else, such as a healthy row that it
   * keeps no more since the members changed, is never left out. Rejects with NodeError.
   */
  async #send(node: NodeId, rows: readonly PageRow[]): Promise<void> {
    const { environment, view, patience, onRefused } = this.#parts;
    const request = {
      method: "POST",
      url: `${view.urls.get(node)}/admin/rows`,
      body: encodeRowPage({ rows, next: undefined }),
      expected: 204,
    } as const;
    try {
      await askNode(environment, request, patience);
    } catch (error) {
      const isRefusal = error instanceof NodeError && error.code === "row-refused";
      const [first] = rows;
      if (!isRefusal || onRefused === undefined || first === undefined) throw error;
      if (rows.length === 1) {
        onRefused({ key: first.key, node, reason: error.message });
        return;
      }
      const half = rows.length >> 1;
      await this.#send(node, rows.slice(0, half));
      await this.#send(node, rows.slice(half));
    }
  }
}
