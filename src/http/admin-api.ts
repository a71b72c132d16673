import type { NodeOperator } from "../node/contract.ts";
import { DynamoError } from "../protocol/errors.ts";
import { handleRows, ROWS_PATH } from "./admin-rows.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { base64urlKey } from "./key-path.ts";
import { onlyParameters } from "./parameters.ts";

/** `/admin/...`: requests and answers are JSON, but for rows. Undefined for a path that is not one of them. */
export async function handleAdmin(
  operator: NodeOperator,
  request: HttpRequest,
): Promise<HttpResponse | undefined> {
  const { method, path } = request;
  switch (path) {
    case "/admin/status":
      expectPlain(request, "GET");
      return json(operator.status());
    case "/admin/ring":
      expectPlain(request, "GET");
      return json(operator.ring());
    case "/admin/trees":
      expectPlain(request, "GET");
      return json(operator.trees());
    case "/admin/routes":
      expectPlain(request, method === "GET" ? "GET" : "POST");
      if (method === "GET") return json(operator.routes());
      operator.setRoutes(jsonBody(request));
      return json({});
    case "/admin/clock":
      expectPlain(request, "POST");
      operator.setClock(jsonBody(request));
      return json({});
    case ROWS_PATH:
      if (method !== "GET") expectPlain(request, "POST");
      return handleRows(operator.rows, request);
    case "/admin/members":
      expectPlain(request, "GET");
      return json(operator.membership.members());
    case "/admin/join":
      expectPlain(request, "POST");
      return json(await operator.membership.join(jsonBody(request)));
    case "/admin/leave":
      expectPlain(request, "POST");
      return json(await operator.membership.leave(jsonBody(request)));
    case "/admin/withdraw":
      expectPlain(request, "POST");
      return json(await operator.membership.withdraw(jsonBody(request)));
    case "/admin/emptied":
      expectPlain(request, "POST");
      return json(await operator.membership.emptied(jsonBody(request)));
    case "/admin/probe":
      expectPlain(request, "POST");
      return json(await operator.probe(jsonBody(request)));
    default:
      break;
  }
  if (!path.startsWith(REPLICA_PREFIX)) return undefined;
  expectPlain(request, "GET");
  return json(await operator.replica(base64urlKey(path.slice(REPLICA_PREFIX.length))));
}

const REPLICA_PREFIX = "/admin/replica/";

/** A request of this method, without parameters: what it says is in its path and its body. */
function expectPlain({ method, query }: HttpRequest, expected: string): void {
  if (method !== expected) {
    throw new DynamoError("method-not-allowed", `Cannot ${method} this path: use ${expected}`);
  }
  onlyParameters(query, []);
}

function json(value: object): HttpResponse {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function jsonBody(request: HttpRequest): unknown {
  const text = Buffer.from(request.body).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DynamoError("bad-request", "Cannot read the body: it is not JSON", { cause: error });
  }
}
