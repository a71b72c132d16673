import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import type { Change } from "../../../src/membership/change.ts";
import { changeId } from "../../../src/membership/change.ts";
import { encodeChange } from "../../../src/membership/change-codec.ts";
import { foundersOf, memberOf, Site } from "../../../src/membership/testing/sites.ts";
import { MembershipTruth } from "./membership-truth.ts";
import type { RowState } from "./observer.ts";
import { NO_OBSERVER } from "./testing/no-observer.ts";

const FOUNDERS = foundersOf(["a", "b", "c"].map((id) => memberOf(id)));

function rowOf(change: Change): RowState {
  const key = utf8Bytes(`change/${changeId(change)}`);
  return { table: "membership", key, value: encodeChange(change) };
}

function world() {
  let changeCount = 0;
  const seen: string[] = [];
  const truth = new MembershipTruth({
    founders: FOUNDERS,
    n: 2,
    onChange: () => {
      changeCount += 1;
      seen.push("changed");
    },
  });
  const disk = truth.observing({
    ...NO_OBSERVER,
    rowsWritten: () => seen.push("written"),
    rowsDurable: () => seen.push("durable"),
    rowsReplaced: () => seen.push("replaced"),
  });
  return { truth, disk, seen, site: new Site(FOUNDERS), count: () => changeCount };
}

describe("MembershipTruth", () => {
  test("knows what any disk holds durably, and tells once of what is new to all", () => {
    const { truth, disk, site, count } = world();
    const row = rowOf(site.join("x"));
    disk.rowsWritten("a", [row]);
    expect([truth.view.open, count()]).toEqual([undefined, 0]);
    disk.rowsDurable("a", [row]);
    expect(truth.view.open?.ring.nodes).toContain("x");
    disk.rowsDurable("b", [row]);
    expect(count()).toBe(1);
    for (const node of site.missing()) disk.rowsDurable(node, [rowOf(site.received(node))]);
    expect([truth.members, truth.view.open]).toEqual([["a", "b", "c", "x"], undefined]);
  });

  test("a change that only a lost disk held has never been", () => {
    for (const isElsewhere of [false, true]) {
      const { truth, disk, site } = world();
      const row = rowOf(site.join("x"));
      disk.rowsDurable("a", [row]);
      if (isElsewhere) disk.rowsDurable("b", [row]);
      disk.rowsReplaced("a", []);
      expect(truth.view.open !== undefined).toBe(isElsewhere);
      disk.rowsReplaced("a", [row]);
      expect(truth.view.open).toBeDefined();
    }
  });

  test("tells of a change after all that was stored or lost with it", () => {
    const { disk, seen, site } = world();
    disk.rowsDurable("a", [rowOf(site.join("x"))]);
    disk.rowsReplaced("a", []);
    expect(seen).toEqual(["durable", "changed", "replaced", "changed"]);
  });

  test("leaves garbled rows and other tables out, and hides nothing from who looks on", () => {
    const { truth, disk, site, seen, count } = world();
    const row = rowOf(site.join("x"));
    disk.rowsWritten("a", [row]);
    disk.rowsDurable("a", [{ ...row, value: utf8Bytes("?") }]);
    disk.rowsDurable("a", [{ ...row, table: "records" }]);
    disk.rowsReplaced("a", []);
    expect([truth.view.open, count()]).toEqual([undefined, 0]);
    expect(seen).toEqual(["written", "durable", "durable", "replaced"]);
  });
});
