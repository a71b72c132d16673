import { describe, expect, test } from "vitest";
import type { ProgressUpdate } from "./progress.ts";
import { createProgress } from "./progress.ts";

const update = (elapsedMs: number, rest: Partial<ProgressUpdate> = {}): ProgressUpdate => ({
  ...{ elapsedMs, totalMs: 30_000, operationsPerSecond: 498.7, fault: undefined, p99Ms: 12.34 },
  ...{ ok: 990, fail: 2, info: 8 },
  ...rest,
});

function capture(isTerminal: boolean, columns = 120) {
  const written: string[] = [];
  const progress = createProgress({ write: (text) => written.push(text), isTerminal, columns });
  return { written, progress };
}

describe("createProgress() in a terminal", () => {
  test("writes one line over and over, and ends it once", () => {
    const { written, progress } = capture(true);
    progress.update(update(15_000));
    progress.update(update(15_100, { fault: "2-halves" }));
    progress.end();
    progress.end();
    progress.update(update(20_000));
    expect(written).toEqual([
      "\r\u001b[2K████████░░░░░░░░ 15/30 s  499 op/s  p99 12.3 ms  ok 99.00 %  fail 2  info 8  healthy",
      "\r\u001b[2K████████░░░░░░░░ 15/30 s  499 op/s  p99 12.3 ms  ok 99.00 %  fail 2  info 8  fault 2-halves",
      "\n",
    ]);
  });

  test("never fills the last column, at which terminals wrap", () => {
    const { written, progress } = capture(true, 30);
    progress.update(update(1));
    expect(written[0]?.replace("\r\u001b[2K", "")).toHaveLength(29);
  });

  test("puts a note above the line and draws the line again", () => {
    const { written, progress } = capture(true);
    progress.update(update(0));
    progress.note("healed");
    expect(written[1]).toBe("\r\u001b[2Khealed\n");
    expect(`\r\u001b[2K${written[2]}`).toBe(written[0]);
  });

  test("does not pass on escape codes of a fault's name", () => {
    const { written, progress } = capture(true);
    progress.update(update(0, { fault: "x\u001b[2J" }));
    expect(written[0]).toContain("fault x\\u001b[2J");
  });
});

describe("createProgress() without a terminal", () => {
  test("writes a line every five seconds of the run, and when the fault changes", () => {
    const { written, progress } = capture(false);
    for (let ms = 0; ms <= 12_000; ms += 100) {
      progress.update(update(ms, { fault: ms >= 7_000 && ms < 9_000 ? "1-one" : undefined }));
    }
    progress.end();
    expect(written.map((line) => `${line.split(" ")[0]} ${line.split("  ").at(-1)}`)).toEqual([
      "0/30 healthy\n",
      "5/30 healthy\n",
      "7/30 fault 1-one\n",
      "9/30 healthy\n",
    ]);
    expect(written.join("")).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  test("says nothing of a p99 or a share that does not exist yet", () => {
    const { written, progress } = capture(false);
    progress.update(update(0, { p99Ms: undefined, ok: 0, fail: 0, info: 0 }));
    expect(written[0]).toBe("0/30 s  499 op/s  p99 –  ok –  fail 0  info 0  healthy\n");
  });
});
