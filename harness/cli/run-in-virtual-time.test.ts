/*
 * Aim: `bench --cluster sim` is the main job, repeated by its seed. Method: the command itself, with short runs.
 */

import { mkdtemp, readdir, readFile, realpath, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FaultFile } from "../nemesis/fault.ts";
import type { Summary } from "../run/summary.ts";
import { analyzeCommand } from "./analyze.ts";
import { bench } from "./bench.ts";
import { EXIT_INTERRUPTED } from "./exit-status.ts";
import { report } from "./report.ts";

const LINE = "--cluster sim --engine memory --seconds 6 --rate 80 --clients 4 --carts 2";

let results: string;
let printed: string;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "virtual-time-test-"));
  printed = "";
});
afterEach(() => rm(results, { recursive: true, force: true }));

function context(signal = new AbortController().signal) {
  const write = (text: string) => {
    printed += text;
  };
  return { output: { write, isTerminal: false, columns: 100, colour: false }, signal };
}

async function run(flags: string, signal?: AbortSignal) {
  const words = `${LINE} ${flags} --out ${results}`.split(" ");
  const status = await bench.run(words, context(signal));
  const folder = await realpath(join(results, "latest"));
  const history = await readFile(join(folder, "history.jsonl"), "utf8");
  return { status, folder, history };
}

describe("bench --cluster sim", () => {
  test("gives the same history for the same seed, and another for another", async () => {
    const first = await run("--seed 1 --nemesis halves");
    const second = await run("--seed 1 --nemesis halves");
    const other = await run("--seed 2 --nemesis halves");
    expect(second.folder).not.toBe(first.folder);
    expect(second.history).toBe(first.history);
    expect(other.history).not.toBe(first.history);
    expect(first.history.split("\n").length).toBeGreaterThan(200);
  });

  test("leaves a folder that analyze and report accept, with every node's log", async () => {
    const { status, folder, history } = await run("--seed 3 --nemesis pause");
    expect(status, printed).toBe(0);
    expect(history).toContain('"type":"fault"');
    expect((await readdir(join(folder, "nodes"))).length).toBe(5);
    const summary = await readFile(join(folder, "summary.json"), "utf8");
    await unlink(join(folder, "summary.json"));
    expect(await analyzeCommand.run([folder], context())).toBe(0);
    expect(await readFile(join(folder, "summary.json"), "utf8")).toBe(summary);
    expect(await report.run([folder], context())).toBe(0);
  });

  test.each(["restart", "wipe", "clock"])(
    "injects %s, sees that it bit, and loses nothing",
    async (kind) => {
      const { status, folder } = await run(`--engine lmdb --seed 4 --nemesis ${kind} --rate 120`);
      expect(status, printed).toBe(0);
      const { faults } = JSON.parse(
        await readFile(join(folder, "faults.json"), "utf8"),
      ) as FaultFile;
      expect(faults.map(({ name, proof }) => [name, proof.reason])).toEqual([[`1-${kind}`, ""]]);
    },
  );

  test("sees what is lost where wipes go beyond the budget", async () => {
    const { status, folder } = await run(
      "--engine lmdb --seed 4 --nemesis wipe --carts 20 --n 1 --beyond-budget",
    );
    expect(status).toBe(1);
    const summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8")) as Summary;
    expect(summary).toMatchObject({ verdict: "invalid", expects: { verdict: "may-lose" } });
    expect(summary.faults).toEqual({ injected: 1, observed: 1 });
  });

  test("is not judged by its end alone because a plan of a swarm was laid beside it", async () => {
    // So few operations that the guard of a whole run doubts that its fault met any.
    const { status, folder } = await run("--seed 3 --nemesis pause --rate 40");
    expect(status).toBe(2);
    expect(await analyzeCommand.run([folder], context())).toBe(2);
    await writeFile(join(folder, "sim-plan.json"), "{}");
    await expect(analyzeCommand.run([folder], context())).rejects.toThrow(
      /Cannot read the plan .*sim-plan\.json: format is missing, allowed is ringside-sim-plan/,
    );
  });

  test("ends when it is interrupted, at once where that came first", async () => {
    const controller = new AbortController();
    const running = run("--seed 5 --seconds 3600 --nemesis none", controller.signal);
    setTimeout(() => controller.abort(), 200);
    const { status, history } = await running;
    expect(status).toBe(EXIT_INTERRUPTED);
    expect(history.split("\n").length).toBeLessThan(100_000);
    expect(await analyzeCommand.run([await realpath(join(results, "latest"))], context())).toBe(2);
    const aborted = await run("--seed 5 --nemesis pause", AbortSignal.abort());
    expect(aborted.status).toBe(EXIT_INTERRUPTED);
  });
});
