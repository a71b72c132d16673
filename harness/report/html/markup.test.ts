import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tagImbalance } from "../testing/tag-balance.ts";
import { longText, markup, pathData, px } from "./markup.ts";

describe("markup", () => {
  test("escapes what is put in, in text and in attributes", () => {
    const hostile = `"><script>alert('1')</script>&`;
    expect(markup`<b title="${hostile}">${hostile}</b>`.text).toBe(
      '<b title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</b>',
    );
  });

  test("takes markup and lists of it as they are, undefined as nothing", () => {
    const items = ["a", "<"].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}${undefined}${0}</ul>`.text).toBe(
      "<ul><li>a</li><li>&lt;</li>0</ul>",
    );
  });

  test("does not take an object that only looks like markup", () => {
    const forged = JSON.parse('{"text":"<script>"}');
    expect(() => markup`<p>${forged}</p>`).toThrow();
  });

  test("replaces controls, marks of direction and lone surrogates", () => {
    expect(markup`${"a\u0000\u001b[31m\u202eb\ud800"}`.text).toBe("a\ufffd\ufffd[31m\ufffdb\ufffd");
  });

  test("keeps the page well-formed whatever the text", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(tagImbalance(markup`<p title="${a}">${b}</p>`.text)).toBe("");
      }),
    );
  });
});

test("px() rounds to a tenth and never writes NaN", () => {
  expect([px(1.26), px(-0.04), px(NaN), px(Infinity)]).toEqual(["1.3", "0", "0", "0"]);
});

test("text is cut where it would swell the page, path data is not, and holds nothing but a path", () => {
  expect(markup`${"x".repeat(10_000)}`.text).toHaveLength(600);
  expect(longText("<".repeat(10_000)).text).toMatch(/^(?:&lt;){4999}…$/);
  expect(markup`${pathData("M1 2h0".repeat(5_000))}`.text).toHaveLength(30_000);
  expect(() => pathData('M1 2"/><script>')).toThrow("Cannot draw a path");
});
