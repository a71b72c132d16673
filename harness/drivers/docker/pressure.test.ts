import { describe, expect, it } from "vitest";
import { parsePressure } from "./pressure.ts";

const PRINTED = "nr_throttled 12\nhits 3\nmemory 83886080\nfree 4096";

describe("parsePressure()", () => {
  it("reads what the script prints", () => {
    expect(parsePressure(`${PRINTED}\n`)).toEqual({
      throttledPeriods: 12,
      memoryLimitHits: 3,
      memoryBytes: 83_886_080,
      diskFreeBytes: 4_096,
    });
  });

  it.each(PRINTED.split("\n"))("refuses an answer without %s", (line) => {
    const word = line.split(" ")[0] ?? "";
    expect(() => parsePressure(PRINTED.replace(line, ""))).toThrow(`does not tell ${word}`);
  });
});
