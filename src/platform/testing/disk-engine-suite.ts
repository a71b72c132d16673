import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Engine } from "../../storage/engine.ts";
import { bufferedVariants } from "../../storage/testing/buffered-engine.ts";
import { cachedVariants } from "../../storage/testing/cached-engine.ts";
import type { EngineUnderTest } from "../../storage/testing/engine-suite.ts";
import { engineSuite } from "../../storage/testing/engine-suite.ts";

export interface DiskEngine {
  readonly name: string;
  /** Of the file in an engine's folder that holds the values. */
  readonly dataFile: string;
  readonly open: (options: { readonly folder: string; readonly sync: boolean }) => Promise<Engine>;
}

/** The conformance suite over an engine that keeps a folder, synced and not, buffered and not, cached and not. Gives folders for more tests. */
export function diskEngineSuite({ name, dataFile, open }: DiskEngine): () => string {
  const parent = mkdtempSync(join(tmpdir(), `ringside-${name}-`));
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
  let folderCount = 0;
  const freshFolder = (): string => {
    folderCount += 1;
    return join(parent, `${folderCount}`);
  };
  for (const sync of [true, false]) {
    const folders = new WeakMap<Engine, string>();
    const openAt = async (folder: string): Promise<Engine> => {
      const engine = await open({ folder, sync });
      folders.set(engine, folder);
      return engine;
    };
    const underTest: EngineUnderTest = {
      name: `${name}, sync ${sync ? "on" : "off"},`,
      open: () => openAt(freshFolder()),
      reopen: (engine) => openAt(folders.get(engine) ?? ""),
      damage: (engine, value) => {
        const folder = folders.get(engine) ?? "";
        garble(join(folder, dataFile), value);
        return openAt(folder);
      },
    };
    [underTest, ...bufferedVariants(underTest), ...cachedVariants(underTest)].forEach(engineSuite);
  }
  return freshFolder;
}

/** Changes one byte of `value` wherever the file holds it. */
export function garble(file: string, value: Uint8Array): void {
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
    bytes[at + 3] = 0;
  }
  writeFileSync(file, bytes);
}
