/** The whole HTTP API of a real node, in process: whatever comes in, an orderly answer goes out and nothing else changes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClusterWorld } from "./testing/cluster-world.ts";

const KEY = Buffer.from("kept").toString("base64url");

const anyPath = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => `/${text}`),
  fc.string().map((text) => `/kv/${text}`),
  fc.base64String().map((text) => `/kv64/${text}`),
  fc.constantFrom(`/kv64/${KEY}`, "/kv/kept", "/admin/status", "/admin/ring", "/healthz", "/livez"),
  fc.constantFrom(
    "/admin/probe",
    "/admin/clock",
    "/admin/routes",
    "/metrics",
    "/admin",
    "/admin/replica/!",
    "/admin/rows",
  ),
  fc.base64String().map((text) => `/admin/replica/${text}`),
);

const anyQuery = fc.oneof(
  fc.constant(""),
  fc
    .record({ name: fc.constantFrom("r", "w", "timeoutMs", "x"), value: fc.string() })
    .map(({ name, value }) => `?${name}=${encodeURIComponent(value)}`),
);

describe("createRouter()", () => {
  test("answers everything with an orderly status, and never changes a key by a bad context", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "kept", "untouched");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "PUT", "DELETE", "POST", "PATCH", "HEAD", "BREW"),
        anyPath,
        anyQuery,
        fc.string({ minLength: 1, unit: "binary" }),
        fc.string(),
        async (method, path, query, context, body) => {
          const response = await world.request("n1", method, `${path}${query}`, { body, context });
          expect([200, 204, 400, 404, 405, 428, 503]).toContain(response.status);
          if (response.status >= 400 && response.headers["x-dynamo-context"] === undefined) {
            const text = Buffer.from(response.body).toString();
            const problem = ["/healthz", "/livez"].includes(path) ? undefined : JSON.parse(text);
            if (problem !== undefined) expect(problem.definite).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect((await world.read("n1", "kept")).values).toEqual(["untouched"]);
  });

  test.each([
    ["GET", "/admin/status?of=n1"],
    ["GET", "/admin/routes?peer=n2"],
    ["POST", "/admin/routes?peer=n2"],
    ["GET", "/admin/replica/a2VwdA?node=n1"],
    ["PUT", "/kv/kept?w=1&w=3"],
  ])("refuses the parameters of %s %s, which nobody would read", async (method, path) => {
    const world = await ClusterWorld.start(3);
    const { status, body } = await world.request("n1", method, path, { body: '{"routes":{}}' });
    expect(status).toBe(400);
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
      code: "bad-parameter",
      detail: expect.stringMatching(/^Cannot use the parameter [^\n]*$/),
    });
  });

  test("D-4.1-4 every flipped bit of a real context is refused and changes nothing", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "kept", "untouched");
    const { context } = await world.read("n1", "kept");
    const token = Buffer.from(context, "base64url");
    for (let bit = 0; bit < token.length * 8; bit += 3) {
      const forged = Buffer.from(token);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const status = await world.write("n1", "kept", "forged", forged.toString("base64url"));
      expect(status).toBe(400);
    }
    expect((await world.read("n1", "kept")).values).toEqual(["untouched"]);
  });

  test("several versions come as multipart unless JSON is asked for, with one context for all", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "kept", "one");
    await world.write("n2", "kept", "two");
    const response = await world.request("n3", "GET", "/kv/kept", { accept: "*/*" });
    expect(response.status).toBe(300);
    const type = response.headers["content-type"] ?? "";
    const boundary = /^multipart\/mixed; boundary=(.+)$/.exec(type)?.[1];
    const parts = Buffer.from(response.body).toString().split(`--${boundary}`);
    expect(parts).toHaveLength(4);
    expect(parts.slice(1, 3).sort()).toEqual([
      "\r\nContent-Type: text/plain\r\n\r\none\r\n",
      "\r\nContent-Type: text/plain\r\n\r\ntwo\r\n",
    ]);
    expect(parts[3]).toBe("--\r\n");
  });

  test("PUT with return=siblings answers like GET, plain PUT hands out no context", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "kept", "one");
    const plain = await world.request("n1", "PUT", "/kv/kept", { body: "two" });
    expect(plain.status).toBe(204);
    expect(plain.headers["x-dynamo-context"]).toBeUndefined();
    for (const name of world.names) {
      const path = "/kv/kept?return=siblings";
      const full = await world.request(name, "PUT", path, { body: `by ${name}` });
      expect(full.status).toBe(300);
      const { siblings } = JSON.parse(Buffer.from(full.body).toString());
      expect(siblings.length).toBeGreaterThan(2);
    }
  });

  test("D-2.1-2 values over the limit are refused, values at the limit come back byte by byte", async () => {
    const world = await ClusterWorld.start(3, { valueBytesMax: 1_000 });
    expect((await world.request("n1", "PUT", "/kv/k", { body: "v".repeat(1_001) })).status).toBe(
      413,
    );
    expect((await world.request("n1", "PUT", "/kv/k", { body: "v".repeat(1_000) })).status).toBe(
      204,
    );
    expect((await world.read("n2", "k")).values).toEqual(["v".repeat(1_000)]);
  });

  test("probe and routes check what they are given", async () => {
    const world = await ClusterWorld.start(3);
    const post = async (path: string, body: string) =>
      (await world.request("n1", "POST", path, { body })).status;
    expect(await post("/admin/probe", "{}")).toBe(400);
    expect(await post("/admin/probe", '{"peer":"n1"}')).toBe(400);
    expect(await post("/admin/probe", '{"peer":"n2","timeoutMs":-1}')).toBe(400);
    expect(await post("/admin/probe", '{"peer":"n2"}')).toBe(200);
    expect(await post("/admin/routes", "[]")).toBe(400);
    expect(await post("/admin/routes", '{"routes":{"n9":"a:1"}}')).toBe(400);
    expect(await post("/admin/routes", '{"routes":{"n2":"nobody:1"}}')).toBe(200);
    const routes = await world.request("n1", "GET", "/admin/routes");
    expect(JSON.parse(Buffer.from(routes.body).toString())).toEqual({
      routes: { n2: "nobody:1" },
      configured: { n1: "n1-n1.link:1", n2: "n1-n2.link:1", n3: "n1-n3.link:1" },
    });
    const probe = await world.request("n1", "POST", "/admin/probe", { body: '{"peer":"n2"}' });
    expect(JSON.parse(Buffer.from(probe.body).toString()).answered).toBe(false);
  });

  test("the clock's hook moves the wall clock alone, and checks what it is given", async () => {
    const world = await ClusterWorld.start(1, { n: 1, r: 1, w: 1 });
    const post = async (body: string) =>
      (await world.request("n1", "POST", "/admin/clock", { body })).status;
    const wallMs = async (): Promise<number> => {
      const { body } = await world.request("n1", "GET", "/admin/status");
      return JSON.parse(Buffer.from(body).toString()).wallMs;
    };
    const trueMs = await wallMs();
    const monotonicMs = world.clock.monotonicMs();
    expect(await post('{"offsetMs":-60000}')).toBe(200);
    expect(await wallMs()).toBe(trueMs - 60_000);
    for (const wrong of [
      "{}",
      "[]",
      '{"offsetMs":"1"}',
      '{"offsetMs":1e300}',
      '{"offsetMs":null}',
    ]) {
      expect(await post(wrong)).toBe(400);
    }
    expect(await wallMs()).toBe(trueMs - 60_000);
    expect(await post('{"offsetMs":0}')).toBe(200);
    expect(await wallMs()).toBe(trueMs);
    expect(world.clock.monotonicMs()).toBe(monotonicMs);
    expect((await world.request("n1", "GET", "/admin/clock")).status).toBe(405);
  });

  test.each([
    ["/admin/probe", '{"peer":"n2"}'],
    ["/admin/clock", '{"offsetMs":1}'],
  ])("%s is refused by a node that was not started for tests", async (path, body) => {
    const world = await ClusterWorld.start(3, { testFaults: false });
    const response = await world.request("n1", "POST", path, { body });
    expect(response.status).toBe(400);
    expect(Buffer.from(response.body).toString()).toContain("testFaults");
  });
});
