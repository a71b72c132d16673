/*
 * Aim: the diagram says what was sent, what arrived and what went wrong, stays one safe file, and says what it leaves out.
 * Method: small traces whose picture can be told, a made-up large one, and the same with hostile text.
 */
import { describe, expect, test } from "vitest";
import { tagImbalance } from "../testing/tag-balance.ts";
import { renderLamport } from "./render-lamport.ts";
import { syntheticTrace } from "./testing/synthetic-trace.ts";
import type { Trace, TracedMessage } from "./trace.ts";

const OPTIONS = { title: "Seed 7", startMs: 0, endMs: 100 };

function message(part: Partial<TracedMessage>): TracedMessage {
  return { from: "n1", to: "n2", sentMs: 10, arrivedMs: 12, label: "get k", sizeBytes: 9, ...part };
}

function trace(part: Partial<Trace>): Trace {
  return { lanes: ["n1", "n2", "n3"], messages: [], marks: [], ...part };
}

/** The lines of messages as they are drawn: `M x y L x y`, without their heads. */
function ways(page: string): readonly { from: [number, number]; to: [number, number] }[] {
  const drawn = page.matchAll(/class="way" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)/g);
  return [...drawn].map(([, ...numbers]) => {
    const [fromX = 0, fromY = 0, toX = 0, toY = 0] = numbers.map(Number);
    return { from: [fromX, fromY], to: [toX, toY] };
  });
}

const labelsIn = (page: string): readonly string[] =>
  [...page.matchAll(/<text class="said [^>]*>([^<]*)</g)].map(([, text]) => text ?? "");

describe("renderLamport()", () => {
  test("is one well-formed file without anything from outside, the same for the same trace", () => {
    const options = { title: "Seed 7", startMs: 1_000, endMs: 2_000 };
    const page = renderLamport(syntheticTrace(80), options);
    expect(tagImbalance(page)).toBe("");
    expect(page).not.toMatch(/\b(?:src|srcset|data)=|href="(?!#)|url\(|@import|https?:|\/\//);
    expect(page).not.toMatch(/NaN|undefined|\[object|Infinity/);
    expect(renderLamport(syntheticTrace(80), options)).toBe(page);
  });

  test("draws a message from lane to lane, downwards, with its label", () => {
    const page = renderLamport(trace({ messages: [message({})] }), OPTIONS);
    const [way] = ways(page);
    expect(way?.from[0]).toBeLessThan(way?.to[0] ?? 0);
    expect(way?.from[1]).toBeLessThan(way?.to[1] ?? 0);
    expect(labelsIn(page)).toEqual(["get k"]);
    expect(page).toContain("get k · n1 → n2 · sent 10.00 ms, arrived 12.00 (2.00 ms) · 9 bytes");
    expect(page).not.toContain('class="lost-cross"');
  });

  test("ends a message that never arrived in a cross half way", () => {
    const lost = message({ to: "n3", arrivedMs: undefined });
    const arrived = message({ to: "n3" });
    const page = renderLamport(trace({ messages: [arrived, lost] }), OPTIONS);
    const [whole, half] = ways(page);
    const reach = (way: typeof whole): number => (way?.to[0] ?? 0) - (way?.from[0] ?? 0);
    expect(reach(half)).toBe(reach(whole) / 2);
    expect(page.match(/class="lost-cross"/g)).toHaveLength(1);
    expect(page).toContain("never arrived");
  });

  test("cuts a message that reaches out of the window, and leaves out what lies outside", () => {
    const messages = [
      message({ sentMs: -10, arrivedMs: -1 }),
      message({ sentMs: -10, arrivedMs: 10 }),
      message({ sentMs: 95, arrivedMs: 105 }),
      message({ sentMs: 101, arrivedMs: 105 }),
    ];
    const lines = ways(renderLamport(trace({ messages }), OPTIONS));
    expect(lines).toHaveLength(2);
    const [entering, leaving] = lines;
    expect(entering?.from[0]).toBeGreaterThan(leaving?.from[0] ?? Number.NaN);
    expect(leaving?.to[0]).toBeLessThan(entering?.to[0] ?? Number.NaN);
  });

  test("shows each violation in red with its text, in the picture and as a list", () => {
    const marks = [
      { lane: "n2", timeMs: 20, kind: "violation", label: "lost-write: k lacks v1" },
      { lane: "nowhere", timeMs: 21, kind: "violation", label: "diverged: n1 and n2" },
      { lane: "n2", timeMs: 20, kind: "violation", label: "stale-read: k lacks v1" },
    ] as const;
    const page = renderLamport(trace({ marks }), OPTIONS);
    const drawn = [...page.matchAll(/<g class="violation" id="([^"]+)"[\s\S]*?<\/g>/g)];
    expect(drawn.map(([, id]) => id)).toEqual(["violation-1", "violation-2", "violation-3"]);
    expect(drawn[0]?.[0]).toContain("1. lost-write: k lacks v1");
    expect(page).toContain('<a href="#violation-2">21.00 ms, nowhere</a> diverged: n1 and n2');
    const baselines = drawn.map(([group]) =>
      Number(/<text x="[^"]+" y="([^"]+)"/.exec(group)?.[1]),
    );
    expect(Math.abs((baselines[0] ?? 0) - (baselines[2] ?? 0))).toBeGreaterThanOrEqual(12);
  });

  test("shows the first violations of very many and counts the others", () => {
    const marks = Array.from({ length: 1_000 }, (_, at) => {
      return { lane: "n1", timeMs: at / 10, kind: "violation", label: `no. ${at}` } as const;
    });
    const page = renderLamport(trace({ marks }), OPTIONS);
    expect(page.match(/<g class="violation"/g)).toHaveLength(40);
    expect(page).toContain("40. no. 39");
    expect(page).toContain("960 later violations are not shown.");
  });

  test("marks faults, starts, operations and what healed, each with a shape of its own", () => {
    const kinds = ["fault", "healed", "start", "operation"] as const;
    const marks = kinds.map((kind, at) => ({ lane: "n1", timeMs: 20 * at, kind, label: kind }));
    const page = renderLamport(trace({ marks }), OPTIONS);
    const shapes = kinds.map((kind) =>
      new RegExp(`<g class="mark-${kind}"[^>]*>.*?<(path|circle) class="glyph" (\\w+="M?)`).exec(
        page,
      ),
    );
    expect(shapes.every((shape) => shape !== null)).toBe(true);
    expect([...labelsIn(page)].sort()).toEqual([...kinds].sort());
  });

  test("keeps the messages nearest to the violations and says how many it left out", () => {
    const messages = Array.from({ length: 90 }, (_, at) =>
      message({ sentMs: at, arrivedMs: at + 0.5, label: `get k${at}` }),
    );
    const marks = [{ lane: "n1", timeMs: 50, kind: "violation", label: "lost" }] as const;
    const page = renderLamport(trace({ messages, marks }), { ...OPTIONS, messagesMax: 5 });
    const tips = [...page.matchAll(/data-tip="get k(\d+) /g)].map(([, at]) => Number(at));
    expect(tips).toEqual([48, 49, 50, 51, 52]);
    expect(page).toContain(
      "5 messages. Left out: 85 messages, those furthest from the violations.",
    );
    const calm = renderLamport(trace({ messages }), { ...OPTIONS, messagesMax: 3 });
    expect([...calm.matchAll(/data-tip="get k(\d+) /g)].map(([, at]) => at)).toEqual([
      "87",
      "88",
      "89",
    ]);
  });

  test("skips labels that would overlap, but never a tip", () => {
    const messages = Array.from({ length: 30 }, () => message({}));
    const page = renderLamport(trace({ messages }), OPTIONS);
    expect(labelsIn(page).length).toBeLessThan(6);
    expect(page.match(/data-tip="get k /g)).toHaveLength(30);
  });

  test("gives a lane to whoever only messages name", () => {
    const page = renderLamport(trace({ messages: [message({ to: "n9" })] }), OPTIONS);
    expect(page).toMatch(/<text class="node"[^>]*>n9<\/text>/);
  });

  test("stays of bounded size, and draws 2,000 messages unless told otherwise", () => {
    const large = syntheticTrace(4_000);
    const page = renderLamport(large, { title: "large", startMs: 0, endMs: 100_000 });
    expect(ways(page)).toHaveLength(2_000);
    expect(page.length).toBeLessThan(2_000_000);
  });

  test("lets no text from outside become a tag", () => {
    const evil = '</text><script>alert("x")</script>';
    const page = renderLamport(
      {
        lanes: [evil],
        messages: [message({ from: evil, to: evil, label: evil })],
        marks: [{ lane: evil, timeMs: 20, kind: "violation", label: evil }],
      },
      { ...OPTIONS, title: evil },
    );
    expect(tagImbalance(page)).toBe("");
    expect(page).not.toContain("<script>alert");
  });

  test("refuses a window without a duration", () => {
    expect(() => renderLamport(trace({}), { ...OPTIONS, endMs: 0 })).toThrow(RangeError);
    expect(renderLamport(trace({}), OPTIONS)).toContain("0 messages.");
  });
});
