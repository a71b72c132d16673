import { ApiError, badRequestBody } from "./api-error.ts";
import { describe, parseBody, readFields } from "./json-body.ts";
import type { Metrics } from "./metrics.ts";
import { METRICS_CONTENT_TYPE } from "./metrics.ts";
import { Mutex } from "./mutex.ts";
import type { ProxyCollection, ProxyWish } from "./proxy-collection.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { toxicToJson } from "./toxic.ts";
import { VERSION } from "./version.ts";

/** A request, free of sockets. `path` is without the query, and still percent-encoded. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  /** Absent where there is no body. */
  readonly contentType?: string;
  readonly body: string;
}

export interface ApiParts {
  readonly proxies: ProxyCollection;
  /** Absent where `/metrics` is not to be served. */
  readonly metrics?: Metrics;
}

type Names = { readonly proxy: string; readonly toxic: string };
type Handler = (request: ApiRequest, names: Names) => Promise<ApiResponse> | ApiResponse;

interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
}

const PLAIN_TEXT = "text/plain; charset=utf-8";
const PROXY_STRUCTURE = { field: "Proxy", whole: "toxiproxy.Proxy" };
const PROXY_FIELDS = {
  name: "string",
  listen: "string",
  upstream: "string",
  enabled: "bool",
} as const;

/** How Go prints the type that the body of /populate is decoded into. */
const POPULATE_TYPE = '[]struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }';

/**
 * The HTTP API of Toxiproxy 2.12: the same routes, JSON, statuses and words, down to the content
 * type of errors. One change at a time is made, as the real server's locks have it.
 */
export function createApi(parts: ApiParts): (request: ApiRequest) => Promise<ApiResponse> {
  const routes = routesOf(parts);
  const changes = new Mutex();
  return async (request) => {
    const found = findRoute(routes, request.path);
    if (found === undefined) return plain(404, "404 page not found\n");
    const handler = found.route.methods[request.method];
    if (handler === undefined) return { status: 405, body: "" };
    // Browsers are kept out, so that no web page can drive a proxy on its visitor's machine.
    if (request.userAgent.startsWith("Mozilla/")) return plain(403, "User agent not allowed\n");
    try {
      if (request.method === "GET") return await handler(request, found.names);
      return await changes.run(async () => handler(request, found.names));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return plain(error.status, `${errorJson(error)}\n`);
    }
  };
}

function routesOf({ proxies, metrics }: ApiParts): readonly Route[] {
  const proxy = proxyHandlers(proxies);
  const toxic = toxicHandlers(proxies);
  const routes: Route[] = [
    { pattern: /^\/reset$/, methods: { POST: proxy.reset } },
    { pattern: /^\/proxies$/, methods: { GET: proxy.list, POST: proxy.create } },
    { pattern: /^\/populate$/, methods: { POST: proxy.populate } },
    {
      pattern: /^\/proxies\/(?<proxy>[^/]+)$/,
      methods: { GET: proxy.show, POST: proxy.update, PATCH: proxy.update, DELETE: proxy.remove },
    },
    {
      pattern: /^\/proxies\/(?<proxy>[^/]+)\/toxics$/,
      methods: { GET: toxic.list, POST: toxic.create },
    },
    {
      pattern: /^\/proxies\/(?<proxy>[^/]+)\/toxics\/(?<toxic>[^/]+)$/,
      methods: { GET: toxic.show, POST: toxic.update, PATCH: toxic.update, DELETE: toxic.remove },
    },
    { pattern: /^\/version$/, methods: { GET: version } },
  ];
  if (metrics !== undefined) {
    const show = () => ({ status: 200, contentType: METRICS_CONTENT_TYPE, body: metrics.render() });
    routes.push({ pattern: /^\/metrics$/, methods: { GET: show } });
  }
  return routes;
}

function findRoute(routes: readonly Route[], path: string) {
  for (const route of routes) {
    const match = route.pattern.exec(path);
    if (match === null) continue;
    const { proxy = "", toxic = "" } = match.groups ?? {};
    return { route, names: { proxy: decodeName(proxy), toxic: decodeName(toxic) } };
  }
  return undefined;
}

/** A name that is wrongly encoded is taken as it stands, and so will not be found. */
function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}

function proxyHandlers(proxies: ProxyCollection) {
  return {
    list: () => {
      // Written by hand, since a JavaScript object would put names that look like numbers first.
      const entries = proxies.list().map((proxy) => `${toJson(proxy.name)}:${proxyJson(proxy)}`);
      return json(200, `{${entries.join(",")}}`);
    },
    create: async ({ body }: ApiRequest) =>
      json(201, proxyJson(await proxies.add(proxyWish(parseBody(body))))),
    populate: async ({ body }: ApiRequest) => populate(proxies, body),
    show: (_: ApiRequest, names: Names) => json(200, proxyJson(proxies.get(names.proxy))),
    update: async ({ body }: ApiRequest, names: Names) => {
      const proxy = proxies.get(names.proxy);
      const { listen, upstream, enabled } = proxy;
      const fields = readFields(parseBody(body), PROXY_STRUCTURE, PROXY_FIELDS);
      await proxy.update({ listen, upstream, enabled, ...fields });
      return json(200, proxyJson(proxy));
    },
    remove: async (_: ApiRequest, names: Names) => {
      await proxies.remove(names.proxy);
      return { status: 204, body: "" };
    },
    reset: async () => {
      await proxies.reset();
      return { status: 204, body: "" };
    },
  };
}

function toxicHandlers(proxies: ProxyCollection) {
  const toxicsOf = (names: Names) => proxies.get(names.proxy).toxics;
  return {
    list: (_: ApiRequest, names: Names) =>
      json(200, toJson(toxicsOf(names).list().map(toxicToJson))),
    create: ({ body }: ApiRequest, names: Names) => {
      const toxics = toxicsOf(names);
      return json(200, toJson(toxicToJson(toxics.add(parseBody(body)))));
    },
    show: (_: ApiRequest, names: Names) =>
      json(200, toJson(toxicToJson(toxicsOf(names).get(names.toxic)))),
    update: async ({ body }: ApiRequest, names: Names) => {
      const toxics = toxicsOf(names);
      toxics.get(names.toxic);
      return json(200, toJson(toxicToJson(await toxics.update(names.toxic, parseBody(body)))));
    },
    remove: async (_: ApiRequest, names: Names) => {
      await toxicsOf(names).remove(names.toxic);
      return { status: 204, body: "" };
    },
  };
}

/**
 * Unlike all others this call answers an error as JSON, together with the proxies that came before
 * it.
 */
async function populate(proxies: ProxyCollection, body: string): Promise<ApiResponse> {
  const applied: TcpProxy[] = [];
  const written = () => (applied.length === 0 ? "null" : `[${applied.map(proxyJson).join(",")}]`);
  try {
    await proxies.populate(proxyWishes(parseBody(body)), (proxy) => applied.push(proxy));
    return json(201, `{"proxies":${written()}}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return json(error.status, `${errorJson(error).slice(0, -1)},"proxies":${written()}}`);
  }
}

function proxyWishes(value: unknown): readonly ProxyWish[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw badRequestBody(
      `json: cannot unmarshal ${describe(value)} into Go value of type ${POPULATE_TYPE}`,
    );
  }
  return value.map(proxyWish);
}

function proxyWish(value: unknown): ProxyWish {
  const fields = readFields(value, PROXY_STRUCTURE, PROXY_FIELDS);
  return { name: "", listen: "", upstream: "", enabled: true, ...fields };
}

function version(): ApiResponse {
  return {
    status: 200,
    contentType: "application/json;charset=utf-8",
    body: `{"version": "${VERSION}"}\n`,
  };
}

function proxyJson(proxy: TcpProxy): string {
  return toJson(proxy.toJson());
}

function errorJson(error: ApiError): string {
  return toJson({ error: error.message, status: error.status });
}

/** JSON as Go writes it, with the characters escaped that mean something in HTML. */
function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function json(status: number, body: string): ApiResponse {
  return { status, contentType: "application/json", body };
}

function plain(status: number, body: string): ApiResponse {
  return { status, contentType: PLAIN_TEXT, body };
}
