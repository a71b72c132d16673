import { describe, expect, test } from "vitest";
import { shownUrl, urlTexts } from "./base-url.ts";

describe("shownUrl() leaves out who asks, and the password", () => {
  test.each([
    ["http://user:s3cret@b:1", "http://…@b:1"],
    ["http://s3cret@b/", "http://…@b"],
    ["http://:s3cret@b:1/kv/x@y?q=1#z", "http://…@b:1/kv/x@y?q=1#z"],
    ["http://user:s3@cret@b:1", "http://…@b:1"],
    ["http:user:s3cret@b:1", "http://…@b:1"],
    ["http:/\t/user:s3\ncret@b:1", "http://…@b:1"],
    ["\u0001 https:\\\\user:s3cret@b", "https://…@b"],
  ])("of %j", (text, shown) => {
    expect(shownUrl(text)).toBe(shown);
  });

  test.each([
    ["http://user:s3cret@b:99999", "http://…@b:99999"],
    ["http://user:s3/cr?et#@b:1", "http://…@b:1"],
    ["http://user:s3@cret@b c", "http://…@b c"],
    ["http:user:s3cret@b:99999", "…@b:99999"],
    ["//user:s3cret@b:1", "…@b:1"],
    ["user:s3cret@b:1", "…@b:1"],
    ["s3cret@", "…@"],
    ["ftp://user:s3cret@b", "ftp://…@b"],
  ])("of %j, which is no URL of an HTTP server", (text, shown) => {
    expect(shownUrl(text)).toBe(shown);
  });

  test.each(["", "b:1", "http://b:1", "http://b:99999", "http://b:1/x@y", "ftp://b"])(
    "and shows %j as it is",
    (text) => {
      expect(shownUrl(text)).toBe(text);
    },
  );
});

test.each([
  ["http://a:1", ["http://a:1"]],
  ["http://a:1, http://b:2,", ["http://a:1", " http://b:2", ""]],
  ["http://a:1,http://user:s3,cr,et@b:2,c", ["http://a:1", "http://user:s3,cr,et@b:2", "c"]],
  ["http://user:s3,c/r,et@b:1,http://c/x@y", ["http://user:s3,c/r,et@b:1", "http://c/x@y"]],
  ["http://user@a:1,http://user@b:2", ["http://user@a:1", "http://user@b:2"]],
])("urlTexts(%j) parts no password", (text, urls) => {
  expect(urlTexts(text)).toEqual(urls);
});
