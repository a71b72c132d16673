import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "./bytes.ts";
import { TextTable } from "./text-table.ts";

function find(table: TextTable<string>, text: string): string | undefined {
  const bytes = utf8Bytes(`<${text}>`);
  return table.find(bytes, 1, bytes.length - 1);
}

const ascii = fc.string({ unit: "grapheme-ascii" });

describe("TextTable", () => {
  it("finds a text by its bytes once it was told of it", () => {
    fc.assert(
      fc.property(ascii, (text) => {
        const table = new TextTable();
        expect(find(table, text)).toBeUndefined();
        table.remember(text);
        expect(find(table, text)).toBe(text);
      }),
    );
  });

  it("never gives one text for another, however many share a place", () => {
    const table = new TextTable();
    const texts = Array.from(
      { length: 20_000 },
      (_, count) => `n${count % 5}/incarnation/${count}`,
    );
    let foundCount = 0;
    for (const text of texts) table.remember(text);
    for (const text of texts) {
      const found = find(table, text);
      expect([undefined, text]).toContain(found);
      if (found !== undefined) foundCount += 1;
    }
    expect(foundCount).toBeGreaterThan(2_000);
    expect(foundCount).toBeLessThan(texts.length);
  });

  it("tells texts apart that end where others go on", () => {
    const table = new TextTable();
    table.remember("abc");
    expect(find(table, "ab")).toBeUndefined();
    expect(find(table, "abcd")).toBeUndefined();
    expect(find(table, "abd")).toBeUndefined();
  });
});
