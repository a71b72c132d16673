import { cp, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { CORPUS_FOLDER } from "../corpus.ts";
import type { Mutant } from "./parse-mutant.ts";
import { MutantError } from "./parse-mutant.ts";

/**
 * Gives `work` a copy of the checkout at `root` in a temporary folder, in which it may change what it likes, and removes it
 * afterwards, whatever became of the work. The libraries are shared.
 */
export async function withCopy<T>(root: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "ringside-mutant-"));
  try {
    for (const name of COPIED) {
      await cp(join(root, name), join(folder, name), { recursive: true, filter: isNeeded });
    }
    await symlink(await realpath(join(root, "node_modules")), join(folder, "node_modules"));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Plants a mutant in a copy. Throws MutantError where it does not apply, changes nothing, or leaves a file that cannot be
 * loaded: such a copy would fail for another reason than the fault, and that proves nothing.
 */
export async function applyMutant(folder: string, mutant: Mutant): Promise<void> {
  const before = await textsOf(folder, mutant);
  const applied = await execa("git", ["apply", "-p1", "--recount", "--whitespace=nowarn", "-"], {
    cwd: folder,
    input: mutant.patch,
    reject: false,
    // Inside a repository git would take paths from its top, and skip in silence what lies elsewhere.
    env: { GIT_CEILING_DIRECTORIES: dirname(folder) },
  });
  if (applied.failed) {
    const reason = applied.stderr === "" ? applied.shortMessage : applied.stderr;
    throw new MutantError(`Cannot apply mutant ${mutant.name}: ${oneLine(reason ?? "")}`);
  }
  const after = await textsOf(folder, mutant);
  const same = mutant.files.find((_, at) => before[at] === after[at]);
  if (same !== undefined) {
    throw new MutantError(`Cannot apply mutant ${mutant.name}: ${same} is what it was`);
  }
  const loaded = await execa(process.execPath, ["--input-type=module", "--eval", LOAD_ALL], {
    cwd: folder,
    env: { FILES: JSON.stringify(mutant.files.map((file) => join(folder, file))) },
    reject: false,
  });
  if (loaded.failed) {
    const reason = loaded.stderr.split("\n").find((line) => /Error\b/.test(line));
    throw new MutantError(
      `Cannot load mutant ${mutant.name}: ${oneLine(reason ?? loaded.shortMessage ?? "")}`,
    );
  }
}

const COPIED = [
  "src",
  "harness",
  "workloads",
  CORPUS_FOLDER,
  "package.json",
  "tsconfig.json",
] as const;

const LOAD_ALL = `for (const file of JSON.parse(process.env.FILES)) await import(file);`;

/** Tests are not run in a copy. */
function isNeeded(path: string): boolean {
  return !/\.test\.ts$|\.patch$/.test(basename(path));
}

function textsOf(folder: string, { files }: Mutant): Promise<readonly string[]> {
  return Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ");
}
