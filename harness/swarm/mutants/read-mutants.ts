import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Mutant } from "./parse-mutant.ts";
import { MutantError, parseMutant } from "./parse-mutant.ts";

/** The committed mutants of a checkout, by name. Throws MutantError where there are none or one cannot be read. */
export async function readMutants(root: string): Promise<readonly Mutant[]> {
  const folder = join(root, MUTANTS_FOLDER);
  const files = (await namesIn(folder)).filter((file) => file.endsWith(SUFFIX)).sort();
  if (files.length === 0) {
    throw new MutantError(
      `Cannot find mutants in ${folder}: allowed is a checkout of the repository`,
    );
  }
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return files.map((file, at) => parseMutant(file.slice(0, -SUFFIX.length), texts[at] ?? ""));
}

const MUTANTS_FOLDER = "harness/mutants";
const SUFFIX = ".patch";

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
