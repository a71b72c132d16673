/*
 * A folder whose files are edited, misspelt, or of different runs is refused with one line, so that no checker is switched off
 * by what is not there. What older versions and killed runs leave is read as before.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { analyze } from "../checker/analyze.ts";
import { runSimulation } from "../swarm/run-simulation.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import { plainPlan } from "../swarm/testing/plain-plan.ts";
import { UsageError } from "./exit-status.ts";
import { readStoredRun } from "./stored-run.ts";

const RUN = join(import.meta.dirname, "../../results/reference/runs/default-halves");

/** Keys and positions from the file as a whole to one value. */
type Path = readonly (string | number)[];

let folder: string;

beforeEach(async () => {
  const place = await mkdtemp(join(tmpdir(), "stored-run-test-"));
  folder = join(place, "run");
  await cp(RUN, folder, { recursive: true });
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

async function change(file: string, path: Path, value: unknown): Promise<void> {
  const whole: unknown = JSON.parse(await readFile(join(folder, file), "utf8"));
  let place = whole as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) place = place[step] as typeof place;
  place[path.at(-1) ?? ""] = value;
  await writeFile(join(folder, file), JSON.stringify(whole));
}

/** Keeps the lines of the history that `isKept` wants, numbered anew. */
async function keepLines(isKept: (line: Record<string, unknown>) => boolean): Promise<void> {
  const path = join(folder, "history.jsonl");
  const [header, ...lines] = (await readFile(path, "utf8")).trimEnd().split("\n");
  const kept = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(isKept)
    .map((line, index) => JSON.stringify({ ...line, index }));
  await writeFile(path, `${[header, ...kept].join("\n")}\n`);
}

async function refusal(): Promise<string> {
  const error = await readStoredRun(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as UsageError;
  expect(message).not.toContain("\n");
  return message;
}

async function judged() {
  return analyze(await readStoredRun(folder)).summary;
}

describe("plan.json", () => {
  const required = [
    ...["workload", "cluster", "nodes", "n", "r", "w", "partitions", "quorum", "versioning"],
    ...["reconcile", "engine", "nemesis", "rate", "clients", "carts", "clientsRoam", "seconds"],
    ...["seed", "beyondBudget", "expects"],
  ];

  test.each(required)("without %s is refused", async (name) => {
    await change("plan.json", [name], undefined);
    expect(await refusal()).toMatch(
      new RegExp(`^Cannot read .*/plan\\.json: ${name} is missing, allowed is .`),
    );
  });

  test.each<[Path, unknown, RegExp]>([
    [["reconcile"], "orset", /reconcile is "orset", allowed is union, or-set, lww$/],
    [["versioning"], "dvv", /versioning is "dvv", allowed is dvvset, /],
    [["n"], "three", /n is "three", allowed is a whole number from 1 to 5$/],
    [["r"], 4, /r is 4, allowed is a whole number from 1 to 3$/],
    [["nemesis"], "halves", /nemesis is "halves", allowed is a list/],
    [["nemesis"], [], /nemesis is \[\], allowed is at least one kind/],
    [["nemesis"], ["halves", "flood"], /nemesis is .*, allowed is a list of some of halves, /],
    [["nemesis"], ["none", "halves"], /nemesis is .*, allowed is none only by itself/],
    [["slo"], "p42<1ms", /slo is "p42<1ms", allowed is for example p99\.9<300ms/],
    [["truncate"], "reaches", /truncate is "reaches", allowed is nothing: clocks of dvvset/],
    [["expects"], {}, /expects\.verdict is missing, allowed is valid, may-lose$/],
    [["secnods"], 10, /it has an unknown field "secnods"$/],
    [["external"], { targets: ["http://a:1"] }, /external\.targets is .* one URL for each of 5/],
  ])("with %j being %j is refused", async (path, value, sentence) => {
    await change("plan.json", path, value);
    expect(await refusal()).toMatch(sentence);
  });

  test.each<[string, unknown, RegExp]>([
    ["seed", 999, /seed is 999, allowed is that of the history, 1$/],
    ["nodes", 7, /nodes is 7, allowed is as many as the history names, 5$/],
  ])("of a run with another %s is refused", async (name, value, sentence) => {
    await change("plan.json", [name], value);
    expect(await refusal()).toMatch(sentence);
  });

  test("of another workload is refused", async () => {
    const path = join(folder, "history.jsonl");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"workload":"shopping-cart"', '"workload":"bank"'));
    expect(await refusal()).toMatch(/plan\.json: its workload is "shopping-cart".*"bank"$/);
  });

  test("may have every field that came after the first version", async () => {
    await change("plan.json", ["clientRouting"], "owners");
    await change("plan.json", ["datacenters"], { count: 2, replicas: [2, 1] });
    await change("plan.json", ["writeBufferObjects"], 100);
    await change("plan.json", ["toxiproxyUrl"], "http://127.0.0.1:8474");
    await change("plan.json", ["toxiproxyImage"], "toxiproxy:1");
    await change("plan.json", ["versioning"], "merged");
    await change("plan.json", ["truncate"], "exceeds");
    await change("plan.json", ["clockEntriesMax"], 4);
    await change("plan.json", ["slo"], "p50<10s, max<60s");
    await change("plan.json", ["external"], {
      targets: ["http://a:1", "http://b:1", "http://c:1", "http://d:1", "http://e:1"],
      toxiproxyHost: "a",
    });
    const { plan } = await readStoredRun(folder);
    expect(plan).toEqual(JSON.parse(await readFile(join(folder, "plan.json"), "utf8")));
  });

  test("that says that nodes have anti-entropy makes a run unknown that tells of no tree", async () => {
    // Stored before runs told of trees.
    expect((await judged()).verdict).toBe("valid");
    await change("plan.json", ["antiEntropy"], true);
    const { verdict, reasons } = await judged();
    expect(verdict).toBe("unknown");
    expect(reasons.join()).toContain(
      "tree-roots: The nodes have anti-entropy, and nothing is told",
    );
    await change("plan.json", ["antiEntropy"], "on");
    expect(await refusal()).toMatch(/antiEntropy is "on", allowed is true or false$/);
  });

  test("names each kind that was never injected, and the run is unknown", async () => {
    await change("plan.json", ["nemesis"], ["halves", "slow", "wipe"]);
    const { verdict, reasons } = await judged();
    expect(verdict).toBe("unknown");
    expect(reasons).toEqual([
      "proves-something: Faults were planned and never injected: slow, wipe.",
    ]);
  });
});

describe("history.jsonl", () => {
  async function rewrite(change: (text: string) => string | Buffer): Promise<void> {
    const path = join(folder, "history.jsonl");
    await writeFile(path, change(await readFile(path, "utf8")));
  }

  test.each(["../escaped", "a/b", "", "x".repeat(51)])(
    "with a function %j, which files would be named after, is refused",
    async (name) => {
      await rewrite((text) => text.replaceAll('"f":"view"', `"f":${JSON.stringify(name)}`));
      expect(await refusal()).toMatch(/f is ".*, expected a short name of letters/);
    },
  );

  test("may hold what other programs take for the end of a line", async () => {
    await rewrite((text) => text.replace("quiet after", "quiet\u2028after"));
    const { lines } = await readStoredRun(folder);
    const quiesced = lines.find((line) => line.type === "marker" && line.name === "quiesced");
    expect(quiesced).toMatchObject({ detail: expect.stringMatching(/^quiet\u2028after/) });
  });

  test("that is no UTF-8 is refused, but for a last line that was cut short", async () => {
    await rewrite((text) =>
      Buffer.concat([Buffer.from(text), Buffer.from('{"key":"\u00e9').subarray(0, -1)]),
    );
    expect((await readStoredRun(folder)).truncated).toContain("was cut short");
    await rewrite((text) => Buffer.from(text.replace('"key":"', '"key":"\u00ff'), "latin1"));
    expect(await refusal()).toMatch(/line \d+ is no UTF-8$/);
  });
});

describe("faults.json", () => {
  const proof = ["faults", 0, "proof"];

  test.each<[Path, unknown, RegExp]>([
    [["faults"], undefined, /faults is missing, allowed is a list/],
    [["silentLinks"], undefined, /silentLinks is missing, allowed is a list/],
    [proof, undefined, /faults\[0\]\.proof is missing, allowed is an object/],
    [[...proof, "bit"], "false", /faults\[0\]\.proof\.bit is "false", allowed is true or false/],
    [[...proof, "reason"], undefined, /faults\[0\]\.proof\.reason is missing, allowed is a text/],
    [[...proof, "after", 0, "answered"], 1, /proof\.after\[0\]\.answered is 1, allowed is true/],
    [["faults", 0, "appliedNs"], undefined, /faults\[0\]\.appliedNs is missing, allowed/],
    [
      ["faults", 0, "appliedNs"],
      5,
      /faults\[0\]\.appliedNs is 5, allowed is a whole number from 1/,
    ],
    [
      ["faults", 0, "name"],
      "/../../escaped",
      /faults\[0\]\.name is "\/\.\..*, allowed are letters/,
    ],
    [["faults", 0, "kind"], "crash", /faults\[0\]\.kind is "crash", allowed is halves$/],
    [
      ["faults", 0, "sides", 1, 0],
      "n9",
      /sides\[1\]\.nodes is .*"n9".*, allowed is a list of some/,
    ],
    [["faults", 0, "links", 0, "to"], "n9", /faults\[0\]\.links\[0\]\.to is "n9", allowed is n1/],
    [["faults", 0, "bitten"], true, /it has an unknown field "faults\[0\]\.bitten"/],
  ])("with %j being %j is refused", async (path, value, sentence) => {
    await change("faults.json", path, value);
    expect(await refusal()).toMatch(sentence);
  });

  test("may tell of a crash of all nodes where the plan has crashes, and its engine keeps what it acknowledged", async () => {
    await change("faults.json", ["faults", 0, "kind"], "all-crash");
    expect(await refusal()).toMatch(/kind is "all-crash", allowed is halves$/);
    await change("plan.json", ["nemesis"], ["crash"]);
    await change("plan.json", ["engine"], "lmdb");
    expect((await readStoredRun(folder)).faultFile?.faults[0]?.kind).toBe("all-crash");
    await change("plan.json", ["engine"], "memory");
    expect(await refusal()).toMatch(/kind is "all-crash", allowed is crash$/);
  });

  test("with other times than the history is refused", async () => {
    await change("faults.json", ["faults", 0, "healedNs"], 9_000_000_000);
    expect(await refusal()).toMatch(
      /faults\.json: healedNs of fault 1-halves-closed is 9000000000, allowed is that of the history at index \d+, 6845157063$/,
    );
  });

  test("without a fault of the history is refused, and with one that the history does not tell of", async () => {
    const { faults } = JSON.parse(await readFile(join(folder, "faults.json"), "utf8"));
    await change("faults.json", ["faults"], []);
    expect(await refusal()).toMatch(/it lacks fault 1-halves-closed, of which the history tells/);
    await change("faults.json", ["faults"], [...faults, { ...faults[0], name: "2-halves" }]);
    expect(await refusal()).toMatch(/the history does not tell of apply-start of fault 2-halves$/);
    await change("faults.json", ["faults"], [...faults, ...faults]);
    expect(await refusal()).toMatch(/it has fault 1-halves-closed twice/);
  });

  test("that is behind the history, or ahead of it, where the run was killed leaves it unknown", async () => {
    const whole = await readFile(join(folder, "faults.json"), "utf8");
    await change("faults.json", ["faults"], []);
    await keepLines(({ timeNs }) => Number(timeNs) <= 1_548_598_627);
    expect((await judged()).verdict).toBe("unknown");
    await writeFile(join(folder, "faults.json"), whole);
    expect((await judged()).verdict).toBe("unknown");
    await keepLines(({ type }) => type !== "fault");
    expect((await judged()).verdict).toBe("unknown");
  });

  test("of a plan without faults holds none", async () => {
    await change("plan.json", ["nemesis"], ["none"]);
    expect(await refusal()).toMatch(/faults\[0\]\.kind is "halves", allowed is none/);
  });
});

describe("sim-plan.json", () => {
  /** Clocks four seconds apart: last write wins drops what the slow one wrote, as it must. */
  const skewed = plainPlan({
    run: { versioning: "lww" },
    world: { clocks: { n1: { skewMs: 4_000, driftPpm: 0 } } },
  });

  async function store(plan: SimPlan) {
    const { outcome, history } = await runSimulation(plan);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await writeFile(join(folder, "plan.json"), JSON.stringify(plan.run));
    await writeFile(join(folder, "sim-plan.json"), JSON.stringify(plan));
    await writeFile(join(folder, "history.jsonl"), history);
    return outcome;
  }

  test("tells how far the clocks were apart, and analyze says what the swarm said", async () => {
    const outcome = await store(skewed);
    expect(outcome.findings).toEqual([]);
    expect(outcome.lost).toBeGreaterThan(0);
    const { checkers, reasons } = await judged();
    expect(reasons).toEqual(outcome.reasons);
    expect(checkers["lww-loss"]?.verdict).toBe("valid");
    // The same losses with true clocks would be the store's fault.
    const input = await readStoredRun(folder);
    const { summary } = analyze({ ...input, clockSkewMs: 0 });
    expect(summary.checkers["lww-loss"]?.verdict).toBe("invalid");
  });

  test("whose run is not that of plan.json is refused", async () => {
    await store(skewed);
    await change("plan.json", ["reconcile"], "or-set");
    expect(await refusal()).toMatch(
      /sim-plan\.json: run\.reconcile is not as in plan\.json, allowed is the same$/,
    );
    await change("plan.json", ["reconcile"], skewed.run.reconcile);
    await change("plan.json", ["writeBufferObjects"], 7);
    expect(await refusal()).toMatch(/run\.writeBufferObjects is not as in plan\.json/);
  });

  test("that is empty, edited, or beside the faults of a real run is refused", async () => {
    await store(skewed);
    await change("sim-plan.json", ["world", "clocks", "n1", "skewMs"], "much");
    expect(await refusal()).toMatch(/sim-plan\.json: world\.clocks\.n1\.skewMs is "much"/);
    await writeFile(join(folder, "sim-plan.json"), "");
    expect(await refusal()).toMatch(/sim-plan\.json: it is not JSON/);
    await writeFile(join(folder, "sim-plan.json"), JSON.stringify(skewed));
    await cp(join(RUN, "faults.json"), join(folder, "faults.json"));
    expect(await refusal()).toMatch(/it lies beside faults\.json, which no run of a swarm leaves$/);
  });
});
