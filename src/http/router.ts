import type { Log } from "../env/log.ts";
import type { NodeOperator } from "../node/contract.ts";
import { DynamoError } from "../protocol/errors.ts";
import { RING_HEADER } from "../protocol/headers.ts";
import { problemResponse } from "../protocol/problem-response.ts";
import type { RingStamp } from "../ring/ring.ts";
import { handleAdmin } from "./admin-api.ts";
import type { ClientApi } from "./client-api.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./exchange.ts";
import { keyOfPath } from "./key-path.ts";
import { withRingNotice } from "./ring-notice.ts";

export interface RouterParts {
  readonly clientApi: ClientApi;
  readonly operator: NodeOperator;
  readonly log: Log;
  readonly ringStamp: () => RingStamp;
  /** Why the node is not to be sent clients, in a few words; undefined: it serves them. */
  readonly unreadyReason: () => string | undefined;
  /** Why nothing but a restart helps the node, in a few words; undefined: it lives. */
  readonly deadReason: () => string | undefined;
  /** Prometheus text. */
  readonly metricsText: () => Promise<string>;
}

/** Every path of a node. Errors become application/problem+json; whatever is not a DynamoError is a bug and says "internal". */
export function createRouter(parts: RouterParts): HttpHandler {
  return (request) => {
    const response = respond(parts, request);
    return request.headers[RING_HEADER] === undefined
      ? response
      : withRingNotice(request, response, parts.ringStamp);
  };
}

async function respond(parts: RouterParts, request: HttpRequest): Promise<HttpResponse> {
  try {
    const key = keyOfPath(request.path);
    return await (key === undefined ? route(parts, request) : parts.clientApi.handle(key, request));
  } catch (error) {
    if (error instanceof DynamoError) {
      if (error.cause !== undefined && !error.definite) {
        parts.log.warn({ err: error, path: request.path }, "Request ended in doubt");
      }
      return problemResponse(error.code, error.message);
    }
    parts.log.error({ err: error, path: request.path }, "Request failed unexpectedly");
    return problemResponse(
      "internal",
      "Cannot serve the request: the node met an unexpected error",
    );
  }
}

/** Every path that names no key. */
async function route(parts: RouterParts, request: HttpRequest): Promise<HttpResponse> {
  if (request.path === "/healthz") return health("not ready", parts.unreadyReason());
  if (request.path === "/livez") return health("not alive", parts.deadReason());
  if (request.path === "/metrics") return text(200, await parts.metricsText());
  const answer = await handleAdmin(parts.operator, request);
  if (answer !== undefined) return answer;
  throw new DynamoError(
    "not-found",
    `Cannot find ${JSON.stringify(request.path.slice(0, 100))}: known are /kv/{key}, /kv64/{key}, /healthz, /livez, /metrics and /admin/...`,
  );
}

function health(problem: string, reason: string | undefined): HttpResponse {
  return reason === undefined ? text(200, "ok\n") : text(503, `${problem}: ${reason}\n`);
}

function text(status: number, body: string): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: Buffer.from(body),
  };
}
