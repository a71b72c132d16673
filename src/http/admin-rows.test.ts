import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { decodeProblem } from "../protocol/problem.ts";
import { decodeRowPage, encodeRowPage, PAGE_ROWS_MAX } from "../protocol/row-page.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

async function worldOfOne() {
  const world = await ClusterWorld.start(4, { n: 1, r: 1, w: 1 });
  const key = "a key";
  const [owner = "", other = ""] = world.preferenceList(key);
  await world.write(owner, key, "value");
  return { world, key: utf8Bytes(key), owner, other };
}

const ALL = "table=records&partitions=0-63";

describe("D-6.2-8 /admin/rows", () => {
  test("gives a node's rows, and takes them where the node keeps the key", async () => {
    const { world, key, owner, other } = await worldOfOne();
    const { status, body, headers } = await world.request(owner, "GET", `/admin/rows?${ALL}`);
    expect([status, headers["content-type"]]).toEqual([200, "application/octet-stream"]);
    const page = decodeRowPage(body);
    expect(page.rows.map((row) => Buffer.from(row.key).toString())).toEqual(["a key"]);
    const none = await world.request(other, "GET", `/admin/rows?${ALL}`);
    expect(decodeRowPage(none.body).rows).toEqual([]);

    const fresh = await ClusterWorld.start(4, { n: 1, r: 1, w: 1 });
    const pages = { body: encodeRowPage(page) };
    expect((await fresh.request(owner, "POST", "/admin/rows?table=hints", pages)).status).toBe(400);
    expect(await fresh.at(owner).engine.count("records")).toBe(0);
    expect((await fresh.request(owner, "POST", "/admin/rows", pages)).status).toBe(204);
    expect((await fresh.read(owner, "a key")).values).toEqual(["value"]);
    const refused = await fresh.request(other, "POST", "/admin/rows", pages);
    expect(refused.status).toBe(400);
    expect(decodeProblem(refused.body)).toMatchObject({
      code: "bad-request",
      detail: expect.stringMatching(/: this node is not among its first N$/),
    });
    expect(await fresh.at(other).engine.count("records")).toBe(0);
    const bad = encodeRowPage({ rows: [{ key, record: Buffer.of(9, 9) }], next: undefined });
    const damaged = encodeRowPage({ rows: [{ key, record: undefined }], next: undefined });
    for (const [page, code] of [
      [bad, "row-refused"],
      [damaged, "row-refused"],
      [bad.subarray(1), "bad-request"],
    ] as const) {
      const { status, body } = await fresh.request(owner, "POST", "/admin/rows", { body: page });
      expect([status, decodeProblem(body)?.code]).toEqual([400, code]);
    }
  });

  test.each([
    ["GET", ""],
    ["GET", "?table=incarnations&partitions=0"],
    ["GET", "?table=records"],
    ["GET", "?table=records&partitions=64"],
    ["GET", "?table=records&partitions=3-2"],
    ["GET", `?${ALL}&after=`],
    ["GET", `?${ALL}&after=a+b`],
    ["GET", "?table=hints&partitions=0&after=AA"],
    ["GET", "?table=hints&partitions=0&after=ASAAAGE"],
    ["GET", `?${ALL}&before=AA`],
    ["GET", `?${ALL}&table=hints`],
    ["POST", ""],
  ])("refuses %s %s with 400", async (method, query) => {
    const world = await ClusterWorld.start(1, { n: 1, r: 1, w: 1 });
    const { status, body } = await world.request("n1", method, `/admin/rows${query}`);
    expect(status).toBe(400);
    expect(JSON.parse(Buffer.from(body).toString()).detail).toMatch(/^Cannot [^\n]*$/);
  });

  test("takes no page of more rows than a node would give", async () => {
    const { world, key, owner } = await worldOfOne();
    const { body } = await world.request(owner, "GET", `/admin/rows?${ALL}`);
    const record = decodeRowPage(body).rows[0]?.record;
    const rows = Array.from({ length: PAGE_ROWS_MAX + 1 }, () => ({ key, record }));
    const statusOf = async (count: number) => {
      const page = encodeRowPage({ rows: rows.slice(0, count), next: undefined });
      return (await world.request(owner, "POST", "/admin/rows", { body: page })).status;
    };
    expect(await statusOf(PAGE_ROWS_MAX)).toBe(204);
    expect(await statusOf(PAGE_ROWS_MAX + 1)).toBe(400);
  });

  test("knows no other method", async () => {
    const world = await ClusterWorld.start(1, { n: 1, r: 1, w: 1 });
    expect((await world.request("n1", "DELETE", "/admin/rows")).status).toBe(405);
  });
});
