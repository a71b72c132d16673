/*
 * Aim: the suite kills what the swarm sees, and nothing else. Method: the whole command on a checkout of two files, whose swarm
 * (`stand-in-sim.ts`) knows one invariant; mutants that it sees, that it cannot see, and that keep it from judging.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunCopy } from "../swarm/mutants/run-copy.ts";
import { runSwarmIn } from "../swarm/mutants/run-copy.ts";
import { mutantsCommand } from "./mutants.ts";

const STORE = `export const quorum: number = 2;
export const mood: string = "well";
export const label: string = "plain";
`;
const SEEDS = "results/reference/seeds";
const STAND_IN = resolve(import.meta.dirname, "../swarm/mutants/testing/stand-in-sim.ts");
const MUTANTS = {
  "store-one-copy": ["quorum: number = 2", "quorum: number = 1"],
  "store-other-label": ['"plain"', '"other"'],
  "store-thin-label": ['"plain"', '"thin"'],
  "store-crashes": ['"well"', '"crash"'],
  "store-says-nothing": ['"well"', '"mute"'],
  "store-writes-garbage": ['"well"', '"garbage"'],
  "store-does-not-parse": ["export const quorum", "export const const quorum"],
} as const;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ringside-mutants-test-"));
  for (const folder of ["src", "harness/mutants", "workloads", SEEDS, "node_modules", "copies"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  write("package.json", '{"type":"module"}');
  write("tsconfig.json", "{}");
  write("src/store.ts", STORE);
  write(`${SEEDS}/dense.json`, "{}");
  cpSync(STAND_IN, join(root, "harness/cli.ts"));
  for (const [name, [from, to]] of Object.entries(MUTANTS)) {
    write(`harness/mutants/${name}.patch`, patchOf(name, STORE, STORE.replace(from, to)));
  }
  write(
    "harness/mutants/store-same-label.patch",
    patchOf("store-same-label", STORE, STORE.replace('"plain"', '"same"')).replace(
      "\n\n",
      "\nEquivalent: nobody reads it.\n\n",
    ),
  );
  write(
    "harness/mutants/store-rotten.patch",
    patchOf("store-rotten", STORE.replace("mood", "temper"), STORE.replace("mood", "humour")),
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("mutantsCommand()", () => {
  test("kills what the swarm sees and tells the rest apart", { timeout: 60_000 }, async () => {
    const { status, text } = await run([]);
    expect(outcomes()).toEqual({
      "store-one-copy": "killed",
      "store-other-label": "survived",
      "store-thin-label": "killed",
      "store-same-label": "equivalent",
      "store-crashes": "broken",
      "store-says-nothing": "broken",
      "store-writes-garbage": "broken",
      "store-does-not-parse": "broken",
      "store-rotten": "broken",
    });
    expect(status).toBe(1);
    expect(text).toContain("1 of 8 mutants killed (12.5 %), 1 more by the corpus alone: too few.");
    expect(text).toContain("store-thin-label: labels (thin-label) by dense.json of the corpus");
    expect(text).toContain("Cannot apply mutant store-rotten");
    expect(text).toContain("Cannot load mutant store-does-not-parse");
    expect(text).toContain("ended with status 70: Cannot start: planted");
    expect(read("out/mutants.md")).toContain("copies/too-few-copies");
    expect(read("src/store.ts")).toBe(STORE);
    expect(leftCopies()).toEqual([]);
  });

  test("status 0 where all are killed that should be", { timeout: 60_000 }, async () => {
    const { status } = await run(["--only", "store-one-copy,store-same-label", "--seeds", "5"]);
    expect(status).toBe(0);
    expect(JSON.parse(read("out/mutants.json"))).toMatchObject({
      format: "ringside-mutants",
      version: 1,
      seeds: 5,
      score: { killed: 1, judged: 1, isEnough: true },
      results: [
        {
          name: "store-one-copy",
          breaks: "D-1",
          killedBy: { check: "copies", anomaly: "too-few-copies", seed: 3 },
          seedsRun: 3,
        },
        { name: "store-same-label", outcome: "equivalent", seedsRun: 5 },
      ],
    });
  });

  test.each([
    { name: "what killed a mutant before comes first", killedBy: { seed: 3 }, seedsRun: 1 },
    { name: "where that finds nothing, all seeds", killedBy: { seed: 2 }, seedsRun: 3 },
    { name: "a seed beyond those asked for is left out", killedBy: { seed: 6 }, seedsRun: 3 },
    { name: "what no seed had killed", killedBy: undefined, seedsRun: 3 },
    { name: "where the corpus finds nothing any more", killedBy: { plan: "a.json" }, seedsRun: 3 },
  ])("--known: $name", { timeout: 60_000 }, async ({ killedBy, seedsRun }) => {
    writeKnown([{ name: "store-one-copy", killedBy }]);
    const args = ["--only", "store-one-copy", "--seeds", "5", "--known", join(root, "known.json")];
    expect((await run(args)).status).toBe(0);
    expect(JSON.parse(read("out/mutants.json"))).toMatchObject({
      isByKnown: killedBy !== undefined,
      results: [{ killedBy: { check: "copies", seed: 3 }, seedsRun }],
    });
  });

  test("--known: what the corpus had killed is shown the corpus alone, and counted apart", async () => {
    writeKnown([{ name: "store-thin-label", killedBy: { plan: "dense.json" } }]);
    const { status, text } = await run([
      "--only",
      "store-thin-label",
      "--known",
      `${root}/known.json`,
    ]);
    expect(status).toBe(1);
    expect(text).toContain("by dense.json of the corpus, 0 seeds");
    expect(text).toContain("0 of 1 mutants killed (0.0 %), 1 more by the corpus alone");
  });

  test("rejects where the unchanged copy is not clean", async () => {
    write("src/store.ts", STORE.replace("= 2", "= 1"));
    await expect(run([])).rejects.toThrow(
      "the swarm finds copies (too-few-copies) at seed 3 in the unchanged copy",
    );
    write("src/store.ts", STORE.replace("well", "crash"));
    await expect(run([])).rejects.toThrow("in the unchanged copy, it ended with status 70");
    expect(leftCopies()).toEqual([]);
  });

  test("refuses bad use, and a folder without mutants", async () => {
    await expect(run(["--only", "store-gone"])).rejects.toThrow("allowed is store-crashes");
    await expect(run(["--known", "gone.json"])).rejects.toThrow("Cannot read the known kills");
    await expect(run(["--seeds", "0"])).rejects.toThrow("allowed is a whole number from 1");
    rmSync(join(root, "harness/mutants"), { recursive: true });
    await expect(run([])).rejects.toThrow("Cannot find mutants in");
  });

  test("an interruption stops the children and removes the copies", {
    timeout: 60_000,
  }, async () => {
    const controller = new AbortController();
    let started = 0;
    const hangs: RunCopy = async (folder, order) => {
      started += 1;
      if (started === 1) return { kind: "ended", seedsRun: 1, findings: [] };
      writeFileSync(join(folder, "src/store.ts"), STORE.replace("well", "hang"));
      const running = runSwarmIn(folder, order);
      controller.abort();
      return running;
    };
    const { status } = await run(["--jobs", "1"], { signal: controller.signal, runCopy: hangs });
    expect(status).toBe(130);
    expect(started).toBe(2);
    expect(leftCopies()).toEqual([]);
  });
});

describe("runSwarmIn()", () => {
  test("a swarm that does not end in its time says nothing about the copy", async () => {
    write("src/store.ts", STORE.replace("well", "hang"));
    const order = { seeds: 1, timeoutMs: 1_000, signal: new AbortController().signal };
    const run = await runSwarmIn(root, order);
    expect(run).toEqual({ kind: "failed", reason: "it did not end in 1 s" });
  });
});

interface Overrides {
  readonly signal?: AbortSignal;
  readonly runCopy?: RunCopy;
}

async function run(
  args: readonly string[],
  { signal = new AbortController().signal, runCopy }: Overrides = {},
): Promise<{ status: number; text: string }> {
  let text = "";
  const output = {
    write: (part: string) => {
      text += part;
    },
    isTerminal: false,
    columns: 100,
    colour: false,
  };
  const command = mutantsCommand(root, runCopy);
  const out = ["--out", join(root, "out")];
  // Copies go where the test can count them.
  const { TMPDIR: before } = process.env;
  process.env["TMPDIR"] = join(root, "copies");
  try {
    return { status: await command.run([...out, ...args], { output, signal }), text };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

function outcomes(): Record<string, string> {
  const { results } = JSON.parse(read("out/mutants.json"));
  return Object.fromEntries(
    results.map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome]),
  );
}

function leftCopies(): string[] {
  return readdirSync(join(root, "copies"));
}

function patchOf(name: string, before: string, after: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ringside-patch-"));
  try {
    for (const [side, text] of [
      ["a", before],
      ["b", after],
    ] as const) {
      mkdirSync(join(folder, side, "src"), { recursive: true });
      writeFileSync(join(folder, side, "src/store.ts"), text);
    }
    const args = ["diff", "--no-index", "--no-prefix", "-U1", "a/src/store.ts", "b/src/store.ts"];
    const script = `git ${args.join(" ")} || true`;
    const diff = execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
    return `Mutant: ${name}.\nBreaks: D-1\n\n${diff}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeKnown(results: readonly unknown[]): void {
  write("known.json", JSON.stringify({ format: "ringside-mutants", version: 1, results }));
}

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
