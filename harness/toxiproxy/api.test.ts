// Aim: routes, statuses and bodies, without sockets for the API itself. replay.test.ts compares far
// more with a real server, but needs a recording that is not part of the project.
import { expect, onTestFinished, test } from "vitest";
import { createApi } from "./api.ts";
import { Metrics } from "./metrics.ts";
import { ProxyCollection } from "./proxy-collection.ts";

function startApi() {
  const metrics = new Metrics();
  const proxies = new ProxyCollection({ metrics, random: () => 0, defaultHost: "127.0.0.1" });
  onTestFinished(() => proxies.clear());
  const api = createApi({ proxies, metrics });
  return async (method: string, path: string, body: unknown = "", userAgent = "test") => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return api({ method, path, userAgent, body: text });
  };
}

/** A proxy that listens nowhere. */
const idle = { name: "p", listen: "127.0.0.1:1", upstream: "127.0.0.1:2", enabled: false };
const idleJson =
  '{"name":"p","listen":"127.0.0.1:1","upstream":"127.0.0.1:2","enabled":false,"Logger":{},"toxics":[]}';

test("keys are in the real server's order, and proxies in that of their names", async () => {
  const send = startApi();
  const created = await send("POST", "/proxies", idle);
  expect(created).toEqual({ status: 201, contentType: "application/json", body: idleJson });
  await send("POST", "/proxies", { ...idle, name: "10" });
  await send("POST", "/proxies", { ...idle, name: "Z" });
  const { body } = await send("GET", "/proxies");
  expect(body.match(/"[^"]+":\{"name"/g)).toEqual(['"10":{"name"', '"Z":{"name"', '"p":{"name"']);
});

test.each([
  ["no body", "", "bad request body: EOF"],
  ["a body cut short", "{", "bad request body: unexpected EOF"],
  ["a body cut short in a string", '{"name":"x', "bad request body: unexpected EOF"],
  ["no name", { upstream: "u:1" }, "missing required field: name"],
  ["no upstream", { name: "n" }, "missing required field: upstream"],
  [
    "a list",
    [],
    "bad request body: json: cannot unmarshal array into Go value of type toxiproxy.Proxy",
  ],
  [
    "a number as name",
    { name: 5 },
    "bad request body: json: cannot unmarshal number into Go struct field Proxy.name of type string",
  ],
])("a proxy with %s is refused in the real server's words", async (_, body, message) => {
  const send = startApi();
  expect(await send("POST", "/proxies", body)).toEqual({
    status: 400,
    contentType: "text/plain; charset=utf-8",
    body: `{"error":${JSON.stringify(message)},"status":400}\n`,
  });
});

test("a proxy is updated field by field, by POST and by PATCH", async () => {
  const send = startApi();
  await send("POST", "/proxies", idle);
  const { body } = await send("PATCH", "/proxies/p", { upstream: "u:3" });
  expect(body).toBe(idleJson.replace("127.0.0.1:2", "u:3"));
  const back = await send("POST", "/proxies/p", { upstream: "127.0.0.1:2", listen: null });
  expect(back.body).toBe(idleJson);
});

test("an address that cannot be had is the real server's error of the system", async () => {
  const send = startApi();
  const { status, body } = await send("POST", "/proxies", {
    ...idle,
    listen: "203.0.113.9:1",
    enabled: true,
  });
  expect(status).toBe(500);
  expect(body).toContain("listen tcp 203.0.113.9:1: bind: cannot assign requested address");
  expect((await send("GET", "/proxies")).body).toBe("{}");
});

test("a toxic gets its defaults, keeps what is not given and cannot change its type", async () => {
  const send = startApi();
  await send("POST", "/proxies", idle);
  const created = await send("POST", "/proxies/p/toxics", {
    type: "latency",
    stream: "UPSTREAM",
    attributes: { jitter: 3, colour: 1 },
  });
  const json = (latency: number, toxicity: number) =>
    `{"attributes":{"latency":${latency},"jitter":3},"name":"latency_UPSTREAM","type":"latency","stream":"UPSTREAM","toxicity":${toxicity}}`;
  expect(created).toEqual({ status: 200, contentType: "application/json", body: json(0, 1) });
  const path = "/proxies/p/toxics/latency_UPSTREAM";
  const changed = await send("PATCH", path, { type: "noop", attributes: { latency: 7 } });
  expect(changed.body).toBe(json(7, 1));
  expect((await send("POST", path, { toxicity: 0.5 })).body).toBe(json(7, 0.5));
  expect((await send("GET", "/proxies/p/toxics")).body).toBe(`[${json(7, 0.5)}]`);
  expect((await send("DELETE", path)).status).toBe(204);
  expect((await send("GET", path)).status).toBe(404);
});

test.each([
  [{ type: "nonsense" }, 400, "invalid toxic type"],
  [{ type: "latency", stream: "sideways" }, 400, "stream was invalid"],
  [
    { type: "latency", attributes: { latency: "x" } },
    400,
    "LatencyToxic.attributes.latency of type int64",
  ],
  [
    { type: "slicer", attributes: { delay: 0.5 } },
    400,
    "number 0.5 into Go struct field SlicerToxic.attributes.delay of type int",
  ],
  [{ type: "latency", attributes: 5 }, 400, "ToxicWrapper.attributes"],
  [{ type: "noop", name: "there" }, 409, "toxic already exists"],
])("the toxic %j is refused with %i", async (toxic, status, words) => {
  const send = startApi();
  await send("POST", "/proxies", idle);
  await send("POST", "/proxies/p/toxics", { type: "noop", name: "there" });
  const answer = await send("POST", "/proxies/p/toxics", toxic);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(words);
  expect((await send("GET", "/proxies/p/toxics")).body.match(/"name"/g)).toHaveLength(1);
});

test.each([
  ["GET", "/nowhere", 404],
  ["GET", "/proxies/", 404],
  ["PUT", "/proxies", 405],
  ["DELETE", "/version", 405],
  ["GET", "/proxies/none", 404],
  ["DELETE", "/proxies/none", 404],
  ["POST", "/proxies/none/toxics", 404],
  ["GET", "/proxies/%zz", 404],
  ["GET", "/version", 200],
  ["GET", "/metrics", 200],
])("%s %s answers %i", async (method, path, status) => {
  expect((await startApi()(method, path)).status).toBe(status);
});

test("browsers are kept out", async () => {
  expect(await startApi()("GET", "/proxies", "", "Mozilla/5.0 (X11)")).toEqual({
    status: 403,
    contentType: "text/plain; charset=utf-8",
    body: "User agent not allowed\n",
  });
});

test("populate that fails in the middle answers what was done before", async () => {
  const send = startApi();
  const bad = { ...idle, name: "bad", listen: "203.0.113.9:1", enabled: true };
  const answer = await send("POST", "/populate", [idle, bad]);
  expect(answer).toEqual({
    status: 500,
    contentType: "application/json",
    body: `{"error":"listen tcp 203.0.113.9:1: bind: cannot assign requested address","status":500,"proxies":[${idleJson}]}`,
  });
  expect((await send("GET", "/proxies")).body).toBe(`{"p":${idleJson}}`);
});

test("populate with a nameless entry changes nothing", async () => {
  const send = startApi();
  const answer = await send("POST", "/populate", [idle, { upstream: "u:1" }]);
  expect(answer.status).toBe(400);
  expect(answer.body).toBe(
    '{"error":"missing required field: name at proxy 2","status":400,"proxies":null}',
  );
  expect((await send("GET", "/proxies")).body).toBe("{}");
});

test("characters that mean something in HTML are escaped as Go escapes them", async () => {
  const { body } = await startApi()("POST", "/proxies", { ...idle, name: "<&>" });
  expect(body).toContain('"name":"\\u003c\\u0026\\u003e"');
});

test("changes wait for each other: of two creations of one name the second is a conflict", async () => {
  const send = startApi();
  const wish = { ...idle, listen: "127.0.0.1:0", enabled: true };
  const answers = await Promise.all([
    send("POST", "/proxies", wish),
    send("POST", "/proxies", wish),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([201, 409]);
});
