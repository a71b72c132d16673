import { describe, expect, test } from "vitest";
import type { SnapshotProgress } from "./contract.ts";
import { progressLine, sizeText } from "./progress.ts";

function shown(isTerminal: boolean, columns: number) {
  let text = "";
  let nowMs = 0;
  const line = progressLine({
    write: (added) => {
      text += added;
    },
    isTerminal,
    columns,
    nowMs: () => nowMs,
  });
  const at = (ms: number, partitionsDone: number, phase: SnapshotProgress["phase"]) => {
    nowMs = ms;
    line.update({
      phase,
      partitionsDone,
      partitions: 4,
      rows: 1_000 * partitionsDone,
      bytes: 2 ** 20,
    });
  };
  return { at, line, text: () => text };
}

describe("progressLine()", () => {
  test("writes plain lines now and then where there is no terminal, and the last one of each phase", () => {
    const { at, text } = shown(false, 200);
    at(0, 0, "reading");
    at(1_000, 1, "reading");
    at(2_000, 2, "reading");
    at(3_000, 3, "reading");
    at(4_000, 4, "reading");
    at(4_000, 4, "checking");
    expect(text().split("\n")).toEqual([
      "reading partition 0/4  0 rows  1.0 MiB  0.0 s left",
      "reading partition 2/4  2,000 rows  1.0 MiB  512.0 KiB/s  2.0 s left",
      "reading partition 4/4  4,000 rows  1.0 MiB  256.0 KiB/s  in 4.0 s",
      "checking partition 4/4  4,000 rows  1.0 MiB  in 0.0 s",
      "",
    ]);
  });

  test("writes one line over on a terminal, no longer than it is wide", () => {
    const { at, line, text } = shown(true, 40);
    at(0, 1, "restoring");
    at(50, 2, "restoring");
    at(150, 2, "restoring");
    at(160, 4, "restoring");
    line.end();
    const lines = text().split("\r\u001b[2K").slice(1);
    expect(lines.map((each) => each.slice(0, 14))).toEqual([
      "[###---------]",
      "[######------]",
      "[############]",
    ]);
    expect(lines.every((each) => each.trimEnd().length < 40)).toBe(true);
    expect(text().endsWith("\n")).toBe(true);
  });
});

test("sizeText() is short", () => {
  expect([0, 1_023, 1_536, 5 * 2 ** 30].map(sizeText)).toEqual([
    "0 B",
    "1023 B",
    "1.5 KiB",
    "5.0 GiB",
  ]);
});
