import { describe, expect, test } from "vitest";
import { VirtualClock } from "../generator/testing/virtual-clock.ts";
import type { HistoryHeader } from "./operation.ts";
import { readHistory } from "./read-history.ts";
import type { HistorySink } from "./recorder.ts";
import { Recorder } from "./recorder.ts";

const HEADER: HistoryHeader = {
  format: "ringside-history",
  version: 1,
  workload: "w",
  seed: 1,
  nodes: ["n1"],
};
const CALL = { process: 0, node: "n1", f: "add", key: "k", value: "i", intendedNs: 0 };

function recording(sink: HistorySink) {
  const clock = new VirtualClock();
  return { clock, recorder: new Recorder({ clock }, sink, HEADER) };
}

describe("Recorder", () => {
  test("hands lines to the sink once they are flushMs old, in order and gapless", async () => {
    let text = "";
    const { clock, recorder } = recording({
      write: (more) => {
        text += more;
      },
    });
    recorder.complete(recorder.invoke(CALL), { type: "ok", node: "n1", value: "i", versions: 2 });
    recorder.note({ type: "marker", name: "healed" });
    expect(text).toBe("");
    await clock.run(clock.after(150));
    expect(readHistory(text).lines).toEqual(recorder.lines);
    expect(recorder.lines.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test("writes one batch at a time and keeps what gathers behind a slow sink", async () => {
    const writes: { text: string; done: () => void }[] = [];
    const { clock, recorder } = recording({
      write: (text) => new Promise<void>((done) => writes.push({ text, done })),
    });
    await clock.run(clock.after(150));
    recorder.invoke(CALL);
    await clock.run(clock.after(150));
    expect(writes.length).toBe(1);
    const flushed = recorder.flush();
    writes[0]?.done();
    await new Promise((resolve) => setImmediate(resolve));
    writes[1]?.done();
    await flushed;
    expect(readHistory(writes.map(({ text }) => text).join("")).lines).toEqual(recorder.lines);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no space left on device");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no space left on device"))],
  ])("is broken for good by a sink that %s", async (_, write) => {
    const { recorder } = recording({ write });
    recorder.invoke(CALL);
    const message = "Cannot record the history: no space left on device";
    await expect(recorder.flush()).rejects.toThrow(message);
    expect(() => recorder.invoke(CALL)).toThrow(message);
  });

  test("time never goes back", () => {
    let nowMs = 5;
    const clock = {
      ...new VirtualClock(),
      monotonicMs: () => nowMs,
      setTimer: () => ({ cancel() {} }),
    };
    const recorder = new Recorder(
      { clock: clock as unknown as VirtualClock },
      { write() {} },
      HEADER,
    );
    nowMs = 7.5;
    expect(recorder.nowNs()).toBe(2_500_000);
    nowMs = 6;
    expect(recorder.invoke(CALL).timeNs).toBe(2_500_000);
  });
});
