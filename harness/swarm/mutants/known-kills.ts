/*
 * Problem: most of the time of a run of all mutants goes to seeds that find nothing, though an earlier run knows which seed will. Sketch: that one is
 * tried first, and only where it does not find the fault any more the mutant is judged as one that nobody has seen.
 */
import { readFile } from "node:fs/promises";
import { PlanFields } from "../../run/plan-fields.ts";

/** What found a mutant before: a seed, or else a file of the corpus. */
export type KnownKill =
  | { readonly kind: "seed"; readonly seed: number }
  | { readonly kind: "corpus" };

/** The file is none of a run of mutants. The message is one line. */
export class KnownKillsError extends Error {
  override readonly name = "KnownKillsError";
}

/** By mutant, from the `mutants.json` of an earlier run. Rejects with KnownKillsError. */
export async function readKnownKills(path: string): Promise<ReadonlyMap<string, KnownKill>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new KnownKillsError(`Cannot read the known kills ${path}: ${error.message}`);
  }
  return parseKnownKills(text, path);
}

/** The text of such a file; `name` is how sentences call it. Throws KnownKillsError. */
export function parseKnownKills(text: string, name: string): ReadonlyMap<string, KnownKill> {
  const refuse = (reason: string): never => {
    throw new KnownKillsError(`Cannot read the known kills ${name}: ${reason}`);
  };
  const fields = PlanFields.ofText(text, refuse);
  fields.oneOf("format", ["ringside-mutants"]);
  fields.oneOf("version", [1]);
  const kills = new Map<string, KnownKill>();
  fields.list("results", MUTANTS_MAX, (value, path) => {
    const result = new PlanFields(value, path, refuse);
    const mutant = result.text("name", NAME_LENGTH_MAX);
    if (!result.has("killedBy")) return;
    const killedBy = result.object("killedBy");
    // A point that no seed reached has neither.
    if (killedBy.has("plan")) kills.set(mutant, { kind: "corpus" });
    else if (killedBy.has("seed")) {
      kills.set(mutant, { kind: "seed", seed: killedBy.whole("seed", 1, Number.MAX_SAFE_INTEGER) });
    }
  });
  return kills;
}

const MUTANTS_MAX = 10_000;
const NAME_LENGTH_MAX = 200;
