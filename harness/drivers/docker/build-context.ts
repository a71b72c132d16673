/**
 * The folder that an image is built from: the project's files and its packages for the engine's system.
 *
 * Packages are fetched here and not in a build stage, since containers may reach no package registry, or not trust the
 * certificates that this machine trusts.
 */

import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DockerError } from "./docker-error.ts";
import { runProgram } from "./docker-program.ts";

/** What of the project goes into the image; `.dockerignore` names the same for a build by hand. */
const PARTS = [
  "package.json",
  "package-lock.json",
  "src",
  "harness",
  "workloads",
  "docker/Dockerfile",
] as const;
const LEFT_OUT = /(\.test\.ts|\/testing|harness\/mutants)$/;

/** npm's names of the architectures for which the engine may run. */
const NPM_ARCHITECTURES: Readonly<Record<string, string>> = { amd64: "x64", arm64: "arm64" };
const INSTALL_TIMEOUT_MS = 300_000;

/** Hash of everything of the project that the image is made of, 12 hex digits. */
export async function hashOfParts(project: string): Promise<string> {
  const hash = createHash("sha256");
  for (const part of PARTS) {
    for (const file of await filesBelow(join(project, part))) {
      hash.update(`${relative(project, file)}\0`);
      hash.update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

/** Fills the empty folder `context`. Rejects with one sentence where the packages cannot be had. */
export async function fillContext(options: {
  readonly project: string;
  readonly context: string;
  /** As Docker names it. */
  readonly architecture: string;
  readonly signal: AbortSignal | undefined;
}): Promise<void> {
  const { project, context, architecture, signal } = options;
  const cpu = NPM_ARCHITECTURES[architecture];
  if (cpu === undefined) {
    throw new DockerError(
      `Cannot build the image: the engine's architecture is ${architecture}, allowed are ${Object.keys(NPM_ARCHITECTURES).join(", ")}`,
    );
  }
  for (const part of PARTS) {
    await cp(join(project, part), join(context, part), {
      recursive: true,
      filter: (source) => !LEFT_OUT.test(source),
    });
  }
  await runProgram(
    "npm",
    [
      ...["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
      ...["--os=linux", `--cpu=${cpu}`, "--libc=glibc"],
    ],
    {
      action: "fetch the packages for the image",
      timeoutMs: INSTALL_TIMEOUT_MS,
      folder: context,
      signal,
    },
  );
}

/** Every file at or below a path that goes into the image, sorted. */
async function filesBelow(path: string): Promise<readonly string[]> {
  if (LEFT_OUT.test(path)) return [];
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  const nested = entries
    .map(({ name }) => name)
    .toSorted()
    .map((name) => filesBelow(join(path, name)));
  return (await Promise.all(nested)).flat();
}
