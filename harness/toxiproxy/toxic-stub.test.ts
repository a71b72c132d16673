// Aim: a toxic in isolation, fed by hand: what it passes on, when it closes, and what becomes of a
// chunk in its hands when it is interrupted.
import { expect, test } from "vitest";
import { ChunkQueue } from "./chunk-queue.ts";
import type { ClosingManner } from "./toxic-stub.ts";
import { ToxicStub } from "./toxic-stub.ts";
import { toxicTypes } from "./toxics/registry.ts";

function startToxic(type: string, attributes: Record<string, number>) {
  const kind = toxicTypes.get(type);
  if (kind === undefined) throw new Error(`no toxic ${type}`);
  const input = new ChunkQueue(0);
  const output = new ChunkQueue(1_000);
  const closings: ClosingManner[] = [];
  const onClose = (manner: ClosingManner) => closings.push(manner);
  const stub = new ToxicStub({ input, output, random: () => 0, onClose });
  input.onReadable = () => stub.wake();
  const run = () => {
    stub.resume();
    return kind.pipe(stub, attributes);
  };
  return {
    stub,
    closings,
    run,
    running: run(),
    feed: (text: string) => input.push({ data: Buffer.from(text), readAtMs: performance.now() }),
    end: () => input.end(),
    passed: () => {
      let text = "";
      for (let chunk = output.shift(); chunk !== undefined; chunk = output.shift()) {
        text += `${chunk.data.toString()}|`;
      }
      return text;
    },
    outputEnded: () => output.finished,
  };
}

const passing = {
  noop: {},
  latency: { latency: 1, jitter: 0 },
  bandwidth: { rate: 1_000 },
  slow_close: { delay: 1 },
  slicer: { average_size: 100, size_variation: 0, delay: 0 },
  limit_data: { bytes: 100 },
};

test.each(Object.entries(passing))(
  "%s passes chunks on in order, then the end",
  async (type, attributes) => {
    const toxic = startToxic(type, attributes);
    toxic.feed("one");
    toxic.feed("two");
    toxic.end();
    await toxic.running;
    expect(toxic.passed()).toBe("one|two|");
    expect(toxic.outputEnded()).toBe(true);
    expect(toxic.closings).toEqual(["orderly"]);
  },
);

const holding = {
  latency: { latency: 60_000, jitter: 0 },
  bandwidth: { rate: 0 },
  slicer: { average_size: 2, size_variation: 0, delay: 60_000_000 },
};

test.each(Object.entries(holding))(
  "%s passes on what it holds when it is interrupted",
  async (type, attributes) => {
    const toxic = startToxic(type, attributes);
    toxic.feed("held");
    await new Promise(setImmediate);
    toxic.stub.interrupt();
    await toxic.running;
    expect(toxic.passed().replaceAll("|", "")).toBe("held");
    expect(toxic.closings).toEqual([]);
  },
);

test.each(["noop", "slow_close", "timeout", "limit_data", "reset_peer"])(
  "%s can be interrupted while it waits for a first chunk",
  async (type) => {
    const toxic = startToxic(type, { timeout: 0, bytes: 1, delay: 0 });
    toxic.stub.interrupt();
    await toxic.running;
    expect(toxic.closings).toEqual([]);
    expect(toxic.outputEnded()).toBe(false);
  },
);

test.each([
  ["a chunk below the limit", 100, ["a".repeat(50)], "50", false],
  ["a chunk of the limit", 100, ["a".repeat(100)], "100", true],
  ["a chunk over the limit", 100, ["a".repeat(150)], "100", true],
  ["chunks that add up to the limit", 100, Array(4).fill("a".repeat(25)), "25,25,25,25", true],
  ["a second chunk over the limit", 100, ["a".repeat(90), "a".repeat(20)], "90,10", true],
  ["a limit of 0", 0, ["a".repeat(100)], "", true],
])("limit_data with %s", async (_, bytes, chunks, sizes, closed) => {
  const toxic = startToxic("limit_data", { bytes });
  for (const chunk of chunks) toxic.feed(chunk);
  await new Promise(setImmediate);
  const passed = toxic
    .passed()
    .split("|")
    .filter((text) => text !== "");
  expect(passed.map(({ length }) => length).join()).toBe(sizes);
  expect(toxic.stub.closed).toBe(closed);
});

test("limit_data goes on counting after an interruption", async () => {
  const toxic = startToxic("limit_data", { bytes: 100 });
  toxic.feed("a".repeat(90));
  await new Promise(setImmediate);
  toxic.stub.interrupt();
  await toxic.running;
  const again = toxic.run();
  toxic.feed("b".repeat(20));
  await again;
  expect(toxic.passed()).toBe(`${"a".repeat(90)}|${"b".repeat(10)}|`);
});

test("reset_peer that is interrupted after a chunk resets at once", async () => {
  const toxic = startToxic("reset_peer", { timeout: 60_000 });
  toxic.feed("x");
  await new Promise(setImmediate);
  expect(toxic.closings).toEqual([]);
  toxic.stub.interrupt();
  await toxic.running;
  expect(toxic.closings).toEqual(["reset"]);
  expect(toxic.passed()).toBe("");
});

test("timeout starts its time anew with every chunk, as the real server does", async () => {
  const toxic = startToxic("timeout", { timeout: 80 });
  const startedAtMs = performance.now();
  await toxic.stub.sleep(0);
  setTimeout(() => toxic.feed("x"), 50);
  await toxic.running;
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(129);
  expect(toxic.passed()).toBe("");
});

test("a full output makes a toxic wait, and room lets it go on", async () => {
  const input = new ChunkQueue(0);
  const output = new ChunkQueue(2);
  const stub = new ToxicStub({ input, output, random: () => 0, onClose: () => {} });
  output.onRoom = () => stub.wake();
  const chunk = { data: Buffer.from("x"), readAtMs: 0 };
  await stub.write(chunk);
  let written = false;
  const second = stub.write(chunk).then(() => {
    written = true;
  });
  await new Promise(setImmediate);
  expect(written).toBe(false);
  output.shift();
  await second;
  expect(output.full).toBe(false);
});
