import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "./snapshot-folder.ts";

/** Folders of an archive, each a snapshot. What is not whole has a name that begins with this. */
const UNFINISHED = ".unfinished-";

/** Where a snapshot is made before it is published. */
export function unfinishedPath(archive: string, name: string): string {
  return join(archive, `${UNFINISHED}${name}`);
}

/** Gives a snapshot that is whole its name. */
export async function publish(archive: string, name: string): Promise<void> {
  await rename(unfinishedPath(archive, name), join(archive, name));
  await syncFolder(archive);
}

/** Removes what was begun and never published. */
export async function removeUnfinished(archive: string): Promise<void> {
  for (const name of await readdir(archive)) {
    if (name.startsWith(UNFINISHED)) await rm(join(archive, name), { recursive: true });
  }
}

/** Under another name first: whatever stops the removal, what is left is no snapshot any more. */
export async function removeSnapshot(archive: string, name: string): Promise<void> {
  await rename(join(archive, name), unfinishedPath(archive, name));
  await rm(unfinishedPath(archive, name), { recursive: true });
}

/** Folders of the archive with such names, each with the text of a file in it, or why that cannot be read. */
export async function readEach(
  archive: string,
  file: string,
  isOne: (name: string) => boolean,
): Promise<readonly ReadFolder[]> {
  const names = (await readdir(archive)).filter(isOne);
  return Promise.all(
    names.map(async (name) => {
      try {
        return { name, text: await readFile(join(archive, name, file), "utf8") };
      } catch (error) {
        return { name, error };
      }
    }),
  );
}

type ReadFolder =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly error: unknown };
