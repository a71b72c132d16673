import { expect, test } from "vitest";
import { namedType, versionNameOf, versionNames } from "./version-names.ts";

test("a version's name goes with its content type and comes back", () => {
  expect(namedType("application/json", "3-7")).toBe("application/json; version=3-7");
  expect(versionNameOf(namedType("text/plain; charset=utf-8", "3-7"))).toBe("3-7");
  expect(versionNameOf("application/json")).toBeUndefined();
});

test("versionNames() names all that a read returned, or says nothing", () => {
  const named = { contentType: namedType("application/json", "1-1") };
  expect(versionNames([])).toEqual({ saw: [] });
  expect(versionNames([named, named])).toEqual({ saw: ["1-1", "1-1"] });
  expect(versionNames([named, { contentType: "application/json" }])).toEqual({});
});
