import { describe, expect, test } from "vitest";
import { decodeProblem } from "../protocol/problem.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

describe("PUT and DELETE of a key", () => {
  test.each([
    ["if-match", '"a"', 400, /send x-dynamo-context of a read/],
    ["if-none-match", "*", 400, /send x-dynamo-context of a read/],
    ["if-unmodified-since", "Fri, 27 Nov 2026 15:00:00 GMT", 400, /send x-dynamo-context of a/],
    ["content-range", "bytes 2-3/5", 400, /a value is written whole/],
    ["content-encoding", "gzip", 415, /allowed is identity; send the value decoded/],
    ["content-encoding", "identity, gzip", 415, /allowed is identity/],
  ])("refuse %s: %s with %i, and change nothing", async (name, value, status, detail) => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "first");
    const { context } = await world.read("n1", "k");
    for (const method of ["PUT", "DELETE"]) {
      const headers = { [name]: value };
      const refused = await world.request("n1", method, "/kv/k", { body: "x", context, headers });
      expect(refused.status).toBe(status);
      expect(decodeProblem(refused.body)).toMatchObject({
        definite: true,
        detail: expect.stringMatching(/^Cannot [^\n]*$/),
      });
      expect(decodeProblem(refused.body)?.detail).toMatch(detail);
      expect(refused.headers["accept-encoding"]).toBe(status === 415 ? "identity" : undefined);
    }
    expect((await world.read("n1", "k")).values).toEqual(["first"]);
  });

  test.each([
    ["content-encoding", "Identity"],
    ["content-encoding", ""],
    ["if-modified-since", "Fri, 27 Nov 2026 15:00:00 GMT"],
  ])("take %s: %s, which asks for nothing", async (name, value) => {
    const world = await ClusterWorld.start(3);
    const headers = { [name]: value };
    const written = await world.request("n1", "PUT", "/kv/k", { body: "x", headers });
    expect(written.status).toBe(204);
    expect((await world.read("n1", "k")).values).toEqual(["x"]);
  });

  test("leave reads to answer as if they had no condition", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "first");
    const headers = { "if-none-match": "*", range: "bytes=0-1" };
    const { status, body } = await world.request("n1", "GET", "/kv/k", { headers });
    expect([status, Buffer.from(body).toString()]).toEqual([200, "first"]);
  });
});
