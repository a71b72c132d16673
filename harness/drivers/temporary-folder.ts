/**
 * Temporary folders that do not outlive their harness.
 *
 * Every folder lies under one that carries the process id of its harness. One that is removed at the end needs no more;
 * what a harness that was killed left behind is removed by the next one that starts.
 */

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./is-alive.ts";

export interface TemporaryFolder {
  readonly path: string;
  /** Removes it and all that is in it; doing it twice is fine. */
  remove(): Promise<void>;
}

const PREFIX = "ringside-";

/** Makes a fresh folder, after removing those of dead harnesses; `keep` leaves it in place at the end. */
export async function openTemporaryFolder(keep: boolean): Promise<TemporaryFolder> {
  await removeAbandonedFolders();
  const parent = join(tmpdir(), `${PREFIX}${process.pid}`);
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, keep ? "kept-" : "run-"));
  if (keep) return { path, remove: async () => {} };

  // Also on an exit that nobody waits for; what is left then is small, so this may block.
  const removeAtExit = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  return {
    path,
    async remove() {
      process.off("exit", removeAtExit);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      await rmdir(parent).catch(ignoreCodes("ENOTEMPTY", "EEXIST", "ENOENT"));
    },
  };
}

/** Removes the folders of harnesses that are no more; those that were asked to be kept stay. */
async function removeAbandonedFolders(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names) {
    const owner = ownerOf(name);
    if (owner === undefined || isAlive(owner)) continue;
    await removeRuns(join(tmpdir(), name));
  }
}

async function removeRuns(folder: string): Promise<void> {
  // Another harness may be removing the same folder, and another user's is none of our business.
  const ignored = ignoreCodes("ENOENT", "ENOTEMPTY", "EEXIST", "EACCES", "EPERM", "ENOTDIR");
  const names = await readdir(folder).catch((error: unknown) => {
    ignored(error);
    return [];
  });
  for (const name of names.filter((each) => each.startsWith("run-"))) {
    await rm(join(folder, name), { recursive: true, force: true }).catch(ignored);
  }
  await rmdir(folder).catch(ignored);
}

function ownerOf(folderName: string): number | undefined {
  const match = /^ringside-(\d{1,10})$/.exec(folderName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function ignoreCodes(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (error instanceof Error && "code" in error && codes.includes(String(error.code))) return;
    throw error;
  };
}
