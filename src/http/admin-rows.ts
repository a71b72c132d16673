import { FormatError } from "../base/binary.ts";
import { fromBase64url } from "../base/bytes.ts";
import type { NodeRows } from "../node/contract.ts";
import { DynamoError } from "../protocol/errors.ts";
import { decodeRowPage, encodeRowPage, parsePartitionRun } from "../protocol/row-page.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { onlyParameters } from "./parameters.ts";

/**
 * `GET /admin/rows?table=records|hints&partitions=0-15&after=…`: a page of the node's rows. `POST /admin/rows` with such a
 * page: they are merged into the node's own. Throws DynamoError.
 */
export async function handleRows(rows: NodeRows, request: HttpRequest): Promise<HttpResponse> {
  if (request.method === "POST") {
    await rows.store(readable(() => decodeRowPage(request.body)));
    return { status: 204, headers: {}, body: NO_BODY };
  }
  const { query } = request;
  onlyParameters(query, ["table", "partitions", "after"]);
  const table = query.get("table");
  if (table !== "records" && table !== "hints") {
    throw new DynamoError(
      "bad-parameter",
      `Cannot use table ${JSON.stringify(table)}: allowed is records, hints`,
    );
  }
  const partitions = readable(() =>
    parsePartitionRun(query.get("partitions") ?? "", rows.partitionCount),
  );
  const page = await rows.page({ table, partitions, after: cursorOf(query.get("after")) });
  return {
    status: 200,
    headers: { "content-type": "application/octet-stream" },
    body: encodeRowPage(page),
  };
}

/** Bodies of this path may be longer than a client's value. */
export const ROWS_PATH = "/admin/rows";

const NO_BODY = new Uint8Array(0);

function cursorOf(text: string | null): Uint8Array | undefined {
  if (text === null) return undefined;
  const cursor = fromBase64url(text);
  if (cursor === undefined || cursor.length === 0) {
    throw new DynamoError("bad-parameter", "Cannot use after: it is not canonical base64url");
  }
  return cursor;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new DynamoError("bad-request", error.message, { cause: error });
  }
}
