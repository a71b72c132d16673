import { describe, expect, test } from "vitest";
import { swarmProgress } from "./sim-progress.ts";

const AT = {
  seedsRun: 12,
  seeds: 200,
  elapsedMs: 2_000,
  forMs: undefined,
  requests: 24_000,
  virtualMs: 90_000,
  seedsFailed: 0,
};

function show(isTerminal: boolean, columns = 100) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { written, line: swarmProgress({ write, isTerminal, columns, colour: false }) };
}

describe("swarmProgress()", () => {
  test("writes a plain line at most every few seconds where there is no terminal", () => {
    const { written, line } = show(false);
    for (const elapsedMs of [0, 1_000, 4_999, 5_000, 6_000]) line.update({ ...AT, elapsedMs });
    line.end();
    expect(written).toEqual([
      "12 of 200 seeds  0 s  90.00 s virtual  0 requests/s  no findings\n",
      "12 of 200 seeds  5 s  90.00 s virtual  4,800 requests/s  no findings\n",
    ]);
  });

  test("writes over one line on a terminal, never wider than it, and keeps notes above", () => {
    const { written, line } = show(true, 21);
    line.update({ ...AT, seedsFailed: 1, forMs: 60_000, seeds: undefined });
    line.note("seed 3: hang\u001b[2J");
    line.end();
    const clear = "\r\u001b[2K";
    expect(written).toEqual([
      `${clear}12 seeds  2/60 s  90`,
      `${clear}seed 3: hang\\u001b[2J\n12 seeds  2/60 s  90`,
      "\n",
    ]);
  });
});
