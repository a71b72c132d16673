import { describe, expect, it } from "vitest";
import { parsePressure } from "./pressure.ts";

const PRINTED = "nr_throttled 12\nhits 3\nmemory 83886080\nfree 4096";

describe("parsePressure()", () => {
  it("reads what the script prints", () => {
    expect(parsePressure(`${PRINTED}\n`)).toEqual({
      diskFreeBytes: 4_096,
      running: { throttledPeriods: 12, memoryLimitHits: 3, memoryBytes: 83_886_080 },
    });
  });

  it("has only a disk of a container that does not run", () => {
    expect(parsePressure("free 7")).toEqual({ diskFreeBytes: 7, running: undefined });
  });

  it.each(PRINTED.split("\n"))("refuses an answer without %s", (line) => {
    const word = line.split(" ")[0] ?? "";
    expect(() => parsePressure(PRINTED.replace(line, ""))).toThrow(`does not tell ${word}`);
  });
});
