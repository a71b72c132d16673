/*
 * Problem: most of the time of a run of all mutants goes to seeds that find nothing, though an earlier run knows which seed will. Sketch: that one is
 * tried first, and only where it does not find the fault any more the mutant is judged as one that nobody has seen.
 */
import { readFile } from "node:fs/promises";

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
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("it is not JSON");
  }
  const { format, version, results } = fieldsOf(parsed);
  if (format !== "ringside-mutants") return refuse('allowed is the format "ringside-mutants"');
  if (version !== 1) return refuse(`it is of version ${version}, allowed is 1`);
  if (!Array.isArray(results)) return refuse("it has no results");
  const kills = new Map<string, KnownKill>();
  for (const result of results) {
    const { name: mutant, killedBy } = fieldsOf(result);
    if (typeof mutant !== "string") return refuse("a result has no name");
    const { seed, plan } = fieldsOf(killedBy);
    if (typeof plan === "string") kills.set(mutant, { kind: "corpus" });
    else if (seed !== undefined) {
      if (typeof seed !== "number" || !Number.isSafeInteger(seed) || seed < 1) {
        return refuse(`${mutant} was killed by seed ${seed}, allowed is a whole number from 1`);
      }
      kills.set(mutant, { kind: "seed", seed });
    }
  }
  return kills;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
