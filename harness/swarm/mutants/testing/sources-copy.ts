import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../../..");

/** The store's sources without their tests in a temporary folder, where patches are tried and taken back. */
export class SourcesCopy {
  readonly folder = mkdtempSync(join(tmpdir(), "ringside-sources-"));

  constructor() {
    for (const name of ["src", "package.json", "tsconfig.json"]) {
      const filter = (path: string): boolean => !path.endsWith(".test.ts");
      cpSync(join(ROOT, name), join(this.folder, name), { recursive: true, filter });
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Why git refuses the patch, or undefined where the copy has it now. */
  apply(patch: string): string | undefined {
    return this.#git(patch);
  }

  takeBack(patch: string): string | undefined {
    return this.#git(patch, "--reverse");
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #git(patch: string, ...flags: readonly string[]): string | undefined {
    const args = ["apply", "-p1", "--recount", "--whitespace=nowarn", ...flags, "-"];
    const { status, stderr } = spawnSync("git", args, {
      cwd: this.folder,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(this.folder) },
      input: patch,
      encoding: "utf8",
    });
    return status === 0 ? undefined : stderr.trim();
  }
}
