import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

/*
 * Aim: the rules of style that a machine can check, and that the machine really looks. Method: every rule runs over
 * the project, and over a planted violation that it must find; a rule that finds nothing proves nothing.
 */

const ROOT = resolve(import.meta.dirname, "..");
const FOLDERS = ["src", "harness", "workloads"].filter((folder) => existsSync(join(ROOT, folder)));
const MODULES_MIN = 20;
const LINES_MAX = 500;

interface SourceRule {
  readonly name: string;
  readonly instead: string;
  readonly applies: (path: string) => boolean;
  readonly breaks: (text: string) => boolean;
}

const isTest = (path: string): boolean => /\.test\.ts$|\/testing\//.test(path);
const isEdge = (path: string): boolean => /^src\/(platform\/|main\.ts$|cli\.ts$)/.test(path);
/** What one seed must be able to replay: the store, the workloads, and all of the harness but its edges. */
const isReplayed = (path: string): boolean =>
  (path.startsWith("src/") && !isEdge(path)) ||
  /^(workloads|harness\/(history|generator|client|checker|cluster|nemesis|report|run|drivers\/sim))\//.test(
    path,
  );
/** Virtual time stands on the order in which Node runs ticks and turns of its event loop. */
const makesTime = (path: string): boolean => path === "harness/drivers/sim/scheduler.ts";

// The patterns are written so that this file does not match itself.
const SOURCE_RULES: readonly SourceRule[] = [
  {
    name: "no clock, timer or chance in what a seed replays",
    instead: "take it from the Environment: env.clock, env.random",
    applies: (path) => isReplayed(path) && !makesTime(path) && !isTest(path),
    breaks: (text) =>
      /\bDate\.now\b|\bMath\.random\b|\bperformance\.now\b|\bset(?:Timeout|Interval|Immediate)\b|\bnew Date\(\s*\)/.test(
        withoutComments(text),
      ),
  },
  {
    name: `no file over ${LINES_MAX} lines`,
    instead: "split it: one idea a file",
    applies: () => true,
    breaks: (text) => text.split("\n").length > LINES_MAX + 1,
  },
  {
    name: "nothing left to do",
    instead: "do it, or open an issue",
    applies: () => true,
    breaks: (text) => /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/.test(text),
  },
  {
    name: "no test left out",
    instead: "run it, or delete it; skipIf with a reason for what a machine lacks",
    applies: (path) => isTest(path),
    breaks: (text) => /\b(?:describe|it|test)(?:\.\w+)*\.(?:only|skip|todo)\b/.test(text),
  },
];

describe("sources", () => {
  const files = FOLDERS.flatMap(sourceFiles);

  test("the walk finds the project", () => {
    expect(files.length).toBeGreaterThan(MODULES_MIN);
    expect(files).toContain("harness/tidy.test.ts");
  });

  test.each(SOURCE_RULES)("$name", ({ applies, breaks, instead }) => {
    const broken = files.filter((path) => applies(path) && breaks(read(path)));
    expect(broken, instead).toEqual([]);
  });
});

describe("source rules find planted violations", () => {
  const planted: readonly (readonly [rule: string, path: string, text: string])[] = [
    ...["Date.now()", "Math.random()", "performance.now()", "setTimeout(f, 1)", "setInterval(f, 1)"]
      .concat(["setImmediate(f)", "new Date()", 'const a = "http://x"; new Date( )'])
      .flatMap((text) =>
        ["src/node/planted.ts", "harness/run/planted.ts", "harness/drivers/sim/planted.ts"].map(
          (path) => ["no clock", path, `run(${text});`] as const,
        ),
      ),
    ["no file over", "harness/planted.ts", "x\n".repeat(LINES_MAX + 1)],
    ["nothing left", "src/planted.ts", ["// TO", "DO: later"].join("")],
    ["nothing left", "src/planted.ts", ["// FIX", "ME"].join("")],
    ...["only", "skip", "todo", "concurrent.only"].map(
      (word) => ["no test left out", "src/a.test.ts", `test.${word}("x", () => {});`] as const,
    ),
  ];

  test.each(planted)("%s: %s", (rule, path, text) => {
    expect(namesOfBroken(path, text).some((name) => name.startsWith(rule))).toBe(true);
  });

  test("what is allowed is let through", () => {
    expect(namesOfBroken("src/platform/clock.ts", "Date.now();")).toEqual([]);
    expect(namesOfBroken("src/node/a.test.ts", "setTimeout(f, 1);")).toEqual([]);
    expect(namesOfBroken("harness/drivers/processes/a.ts", "setTimeout(f, 1);")).toEqual([]);
    expect(
      namesOfBroken("src/node/a.ts", "// not Date.now()\nnew Date(wallMs);\n/* setTimeout */"),
    ).toEqual([]);
    expect(namesOfBroken("src/a.test.ts", 'test.skipIf(true)("x", () => {});')).toEqual([]);
    expect(namesOfBroken("src/a.ts", "x\n".repeat(LINES_MAX))).toEqual([]);
  });

  function namesOfBroken(path: string, text: string): string[] {
    return SOURCE_RULES.filter((rule) => rule.applies(path) && rule.breaks(text)).map(
      ({ name }) => name,
    );
  }
});

describe("package.json", () => {
  const manifest: Manifest = JSON.parse(read("package.json"));

  test("every version is exact", () => {
    expect(inexactVersions(manifest)).toEqual([]);
  });

  test("every script names files and scripts that exist", () => {
    expect(brokenScripts(manifest.scripts ?? {}, (path) => existsSync(join(ROOT, path)))).toEqual(
      [],
    );
  });

  test("planted ranges and missing files are found", () => {
    const versions = {
      a: "^1.0.0",
      b: "~2.1.0",
      c: "latest",
      d: "1.2",
      e: "*",
      good: "1.2.3-rc.1",
    };
    expect(inexactVersions({ dependencies: versions })).toEqual(["a", "b", "c", "d", "e"]);
    const scripts = {
      x: "node harness/gone.ts bench",
      y: "npm run gone && vitest run",
      z: "npm run x",
    };
    expect(brokenScripts(scripts, () => false)).toEqual([
      "x: harness/gone.ts",
      "y: npm run gone",
      "y: vitest",
    ]);
  });
});

describe("layers", () => {
  const sandbox = mkdtempSync(join(tmpdir(), "ringside-tidy-"));
  afterAll(() => rmSync(sandbox, { recursive: true, force: true }));

  test("every module was looked at and none breaks a rule", { timeout: 60_000 }, () => {
    const { modules, broken } = cruise(ROOT, FOLDERS);
    expect(modules).toBeGreaterThan(MODULES_MIN);
    expect(broken).toEqual([]);
  });

  const plants: readonly (readonly [rule: string, from: string, to: string])[] = [
    ["src-1-base", "src/base/a.ts", "src/env/b.ts"],
    ["src-2-env-causality-ring-merkle", "src/ring/a.ts", "src/protocol/b.ts"],
    ["src-3-protocol", "src/protocol/a.ts", "src/quorum/b.ts"],
    ["src-4-quorum", "src/quorum/a.ts", "src/storage/b.ts"],
    ["src-5-rpc-storage", "src/rpc/a.ts", "src/replica/b.ts"],
    ["src-6-replica-membership", "src/membership/a.ts", "src/handoff/b.ts"],
    ["src-7-coordinator-handoff-anti-entropy-tombstones", "src/handoff/a.ts", "src/node/b.ts"],
    ["src-8-node", "src/node/a.ts", "src/http/b.ts"],
    ["src-9-http-snapshot", "src/http/a.ts", "src/main.ts"],
    ["harness-1-history", "harness/history/a.ts", "harness/checker/b.ts"],
    ["harness-2-generator-client-checker", "harness/generator/a.ts", "harness/cluster/b.ts"],
    ["harness-3-cluster", "harness/cluster/a.ts", "harness/nemesis/b.ts"],
    ["harness-4-nemesis", "harness/nemesis/a.ts", "harness/report/b.ts"],
    ["harness-5-report", "harness/report/a.ts", "harness/run/b.ts"],
    ["harness-6-run", "harness/run/a.ts", "workloads/b.ts"],
    ["harness-7-workloads", "workloads/a.ts", "harness/drivers/b.ts"],
    ["harness-8-drivers-toxiproxy", "harness/drivers/a.ts", "harness/bench/b.ts"],
    ["harness-9-bench-swarm", "harness/bench/a.ts", "harness/cli.ts"],
    ["harness-10-cli", "harness/cli/a.ts", "harness/cli.ts"],
    ["src-without-harness", "src/platform/a.ts", "harness/history/c.ts"],
    ["client-below-node", "src/client/a.ts", "src/node/c.ts"],
    ["snapshots-from-outside", "src/snapshot/a.ts", "src/node/c.ts"],
    ["library-beside-node", "src/coordinator/a.ts", "src/client/c.ts"],
    ["platform-at-the-edges", "harness/run/c.ts", "src/platform/c.ts"],
    ["platform-implements-ports", "src/platform/d.ts", "src/coordinator/c.ts"],
    ["node-modules-of-the-runtime-at-the-edges", "src/replica/d.ts", "node:fs"],
    ["checkers-see-histories", "harness/checker/d.ts", "harness/client/c.ts"],
    ["nemesis-through-the-contract", "harness/nemesis/d.ts", "harness/drivers/c.ts"],
    ["harness-outside-the-node", "harness/drivers/d.ts", "src/storage/c.ts"],
    ["no-test-in-the-product", "src/storage/d.ts", "src/storage/testing/c.ts"],
    ["no-cycle", "src/base/e.ts", "src/base/e.ts"],
    ["no-orphan", "src/base/alone.ts", ""],
    ["no-unresolved", "src/base/f.ts", "src/base/gone.ts"],
    ["every-folder-has-a-layer", "src/misc/a.ts", "src/base/c.ts"],
  ];

  test("each rule finds its planted violation, in a type import too", { timeout: 60_000 }, () => {
    plant(sandbox, plants);
    const { broken } = cruise(sandbox, ["src", "harness", "workloads"]);
    const missed = plants.filter(
      ([rule, from]) => !broken.some((line) => line.startsWith(`${rule}: ${from}`)),
    );
    expect(missed).toEqual([]);
    const rules = new Set(broken.map((line) => line.split(":")[0]));
    expect([...rules].filter((rule) => !plants.some(([planted]) => planted === rule))).toEqual([]);
  });

  test("every rule there is has a plant", () => {
    const text = execFileSync(
      process.execPath,
      [
        "-e",
        `import(${JSON.stringify(join(ROOT, ".dependency-cruiser.mjs"))}).then((m) => console.log(JSON.stringify(m.default.forbidden.map((r) => r.name))))`,
      ],
      { encoding: "utf8" },
    );
    const rules: string[] = JSON.parse(text);
    expect(rules.sort()).toEqual(plants.map(([rule]) => rule).sort());
  });
});

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

function inexactVersions({ dependencies, devDependencies, overrides }: Manifest): string[] {
  const versions = { ...overrides, ...devDependencies, ...dependencies };
  const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
  return Object.keys(versions).filter((name) => !exact.test(versions[name] ?? ""));
}

/** What scripts start that is not there: our files, other scripts, and commands of installed packages. */
function brokenScripts(
  scripts: Readonly<Record<string, string>>,
  exists: (path: string) => boolean,
): string[] {
  const broken: string[] = [];
  for (const [name, script] of Object.entries(scripts)) {
    for (const command of script.split(/&&|\|\||;/).map((part) => part.trim().split(/\s+/))) {
      const [program = "", first = "", second = ""] = command;
      if (program === "node") {
        const file = command.slice(1).find((word) => !word.startsWith("-"));
        if (file !== undefined && !exists(file)) broken.push(`${name}: ${file}`);
      } else if (program === "npm") {
        const target = first === "run" ? second : first;
        if (scripts[target] === undefined && first === "run")
          broken.push(`${name}: npm run ${target}`);
      } else if (!exists(join("node_modules", ".bin", program)) && !exists(program)) {
        broken.push(`${name}: ${program}`);
      }
    }
  }
  return broken;
}

function cruise(folder: string, targets: readonly string[]): { modules: number; broken: string[] } {
  const bin = join(ROOT, "node_modules/.bin/depcruise");
  const config = join(ROOT, ".dependency-cruiser.mjs");
  const output = execFileSync(
    process.execPath,
    [bin, "--config", config, "--output-type", "json", ...targets],
    { cwd: folder, encoding: "utf8", maxBuffer: 64 * 2 ** 20, stdio: ["ignore", "pipe", "ignore"] },
  );
  const { modules, summary }: CruiseOutput = JSON.parse(output);
  const own = modules.filter(({ source }) => /^(src|harness|workloads)\//.test(source));
  const broken = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  return { modules: own.length, broken };
}

interface CruiseOutput {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

// Each plant is one type import from one file to another; the target exists unless it is to be missing.
function plant(
  folder: string,
  plants: readonly (readonly [rule: string, from: string, to: string])[],
): void {
  const texts = new Map<string, string>();
  for (const [, from, to] of plants) {
    const specifier = to.startsWith("node:")
      ? to
      : `${"../".repeat(from.split("/").length - 1)}${to}`;
    const text =
      to === "" ? "" : `import type { X } from "${specifier.replace(/^(?!\.|node:)/, "./")}";\n`;
    texts.set(from, `${texts.get(from) ?? ""}${text}`);
    if (to !== "" && !to.startsWith("node:") && !to.includes("gone"))
      texts.set(to, texts.get(to) ?? "");
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}export type X = string;\n`);
  }
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

// Rough, and enough: a comment may name what the code must not use.
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(?<!:)\/\/.*$/gm, "");
}
