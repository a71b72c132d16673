import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "../http/exchange.ts";

/** What `node:http` read, as plain data; `method` is the one to be served. */
export function plainRequest(
  request: IncomingMessage,
  method: string,
  body: Uint8Array,
): HttpRequest {
  const { path, query } = targetOf(request);
  return {
    method,
    path,
    query: query === "" ? NO_QUERY : new URLSearchParams(query),
    // Only set-cookie, which is no request header, would be a list.
    headers: request.headers as HttpRequest["headers"],
    body,
  };
}

/** The path as `plainRequest` gives it, for what has to be known before the body. */
export function pathOf(request: IncomingMessage): string {
  return targetOf(request).path;
}

/** Shared by all requests without a query; nobody may change it. */
const NO_QUERY = new URLSearchParams();

function targetOf({ url = "/" }: IncomingMessage): { path: string; query: string } {
  const target = originForm(url);
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** A target may name the whole URL, as proxies are sent it. */
function originForm(target: string): string {
  if (target.startsWith("/")) return target;
  const match = /^https?:\/\/[^/?#]*(.*)$/i.exec(target);
  if (match === null) return target;
  const rest = match[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}
