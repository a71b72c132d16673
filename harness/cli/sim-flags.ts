/** The flags of `sim`, from words to a checked wish. Pure: the same flags give the same wish or the same refusal. */

import { CORPUS_FOLDER } from "../swarm/corpus.ts";
import { UsageError } from "./exit-status.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { readFlags, wholeNumber } from "./flags.ts";

const SEED_MAX = Number.MAX_SAFE_INTEGER;
const SEEDS_MAX = 10_000_000;
const SEEDS_DEFAULT = 200;
const HASHES_MAX = 100_000;
const JOBS_MAX = 256;
const TIMEOUT_SECONDS_DEFAULT = 60;
const TIMEOUT_SECONDS_MAX = 86_400;
const FOR_MS_MAX = 30 * 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export const SIM_FLAGS: Readonly<Record<string, Flag>> = {
  seeds: { value: "COUNT", help: `so many seeds, 1 to ${SEEDS_MAX} (default ${SEEDS_DEFAULT})` },
  first: { value: "SEED", help: "the first of them (default 1)" },
  for: { value: "TIME", help: "seeds for so long, for example 90s, 10m or 2h" },
  seed: { value: "SEED", help: "replay one seed and keep all it leaves" },
  plan: {
    value: "FILE",
    help: "replay one plan, for example a shrunk one, and keep all it leaves",
  },
  trace: { help: "with --seed or --plan: draw the messages as trace.html" },
  corpus: { help: `replay ${CORPUS_FOLDER}: none may find anything` },
  hashes: {
    value: "COUNT",
    help: `run seeds 1 to COUNT twice each and compare, 1 to ${HASHES_MAX}`,
  },
  jobs: { value: "COUNT", help: `threads, 1 to ${JOBS_MAX} (default one a core)` },
  "seed-timeout": {
    value: "S",
    help: `real seconds for one run, 1 to ${TIMEOUT_SECONDS_MAX} (default ${TIMEOUT_SECONDS_DEFAULT}); longer is a finding`,
  },
  "no-shrink": { help: "leave what was found as it is" },
  "stop-at-first": { help: "end with the first finding" },
  json: { value: "FILE", help: "put swarm.json there too; with --corpus: what was found again" },
  out: { value: "DIR", help: "folder of all results (default results)" },
};

export type SimWish =
  | {
      readonly mode: "swarm";
      readonly seedFirst: number;
      readonly seeds: number | undefined;
      readonly forMs: number | undefined;
      readonly shrink: boolean;
      readonly stopAtFirst: boolean;
      readonly json: string | undefined;
    }
  | { readonly mode: "seed"; readonly seed: number; readonly trace: boolean }
  | { readonly mode: "plan"; readonly file: string; readonly trace: boolean }
  | { readonly mode: "corpus"; readonly json: string | undefined }
  | { readonly mode: "hashes"; readonly count: number };

export interface SimFlags {
  readonly wish: SimWish;
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly out: string;
}

/** What else may stand beside the flag that chooses a mode. */
const COMPANIONS: Readonly<Record<SimWish["mode"], readonly string[]>> = {
  swarm: ["seeds", "first", "for", "no-shrink", "stop-at-first", "json"],
  seed: ["trace"],
  plan: ["trace"],
  corpus: ["json"],
  hashes: [],
};
const FOR_ALL = ["jobs", "seed-timeout", "out"];

/** Throws UsageError, one line that names what is allowed. */
export function parseSimFlags(
  args: readonly string[],
  defaults: { readonly jobs: number; readonly out: string },
): SimFlags {
  const { values } = readFlags(args, SIM_FLAGS);
  const modes = (["seed", "plan", "corpus", "hashes"] as const).filter((name) => name in values);
  const [mode = "swarm", other] = modes;
  if (other !== undefined) {
    throw new UsageError(`Cannot use --${mode} together with --${other}: allowed is one of them`);
  }
  const allowed = [...COMPANIONS[mode], ...FOR_ALL];
  const stranger = Object.keys(values).find((name) => name !== mode && !allowed.includes(name));
  if (stranger !== undefined) {
    const beside = mode === "swarm" ? "without --seed or --plan" : `together with --${mode}`;
    throw new UsageError(
      `Cannot use --${stranger} ${beside}: allowed is ${allowed.map((name) => `--${name}`).join(", ")}`,
    );
  }
  const timeoutSeconds = wholeNumber(values, "seed-timeout", {
    min: 1,
    max: TIMEOUT_SECONDS_MAX,
    byDefault: TIMEOUT_SECONDS_DEFAULT,
  });
  return {
    wish: wishOf(mode, values),
    jobs: wholeNumber(values, "jobs", { min: 1, max: JOBS_MAX, byDefault: defaults.jobs }),
    timeoutMs: timeoutSeconds * 1_000,
    out: textOf(values, "out") ?? defaults.out,
  };
}

function wishOf(mode: SimWish["mode"], values: FlagValues): SimWish {
  const trace = values["trace"] === true;
  switch (mode) {
    case "seed":
      return {
        mode,
        trace,
        seed: wholeNumber(values, "seed", { min: 0, max: SEED_MAX, byDefault: 0 }),
      };
    case "plan":
      return { mode, trace, file: textOf(values, "plan") ?? "" };
    case "corpus":
      return { mode, json: textOf(values, "json") };
    case "hashes":
      return {
        mode,
        count: wholeNumber(values, "hashes", { min: 1, max: HASHES_MAX, byDefault: 1 }),
      };
    case "swarm":
      return swarmOf(values);
  }
}

function swarmOf(values: FlagValues): SimWish {
  const forMs = durationOf(values);
  if (forMs !== undefined && values["seeds"] !== undefined) {
    throw new UsageError("Cannot use --for together with --seeds: allowed is one of them");
  }
  const seeds = wholeNumber(values, "seeds", { min: 1, max: SEEDS_MAX, byDefault: SEEDS_DEFAULT });
  return {
    mode: "swarm",
    seedFirst: wholeNumber(values, "first", { min: 0, max: SEED_MAX - SEEDS_MAX, byDefault: 1 }),
    seeds: forMs === undefined ? seeds : undefined,
    forMs,
    shrink: values["no-shrink"] !== true,
    stopAtFirst: values["stop-at-first"] === true,
    json: textOf(values, "json"),
  };
}

function durationOf(values: FlagValues): number | undefined {
  const text = textOf(values, "for");
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^(\d{1,9})([smh])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? 0);
  if (ms < 1_000 || ms > FOR_MS_MAX) {
    throw new UsageError(
      `Cannot use --for ${text}: allowed is a time such as 90s, 10m or 2h, up to 720h`,
    );
  }
  return ms;
}

function textOf(values: FlagValues, name: string): string | undefined {
  const text = values[name];
  return typeof text === "string" ? text : undefined;
}
