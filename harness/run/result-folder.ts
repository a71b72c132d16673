/** What a run leaves on disk; the only place in `run` that touches files. */

import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { finished } from "node:stream/promises";
import type { HistorySink } from "../history/recorder.ts";
import type { Plan } from "./plan.ts";

export interface ResultFolder {
  readonly path: string;
  /** Takes `<node>.log`. */
  readonly logFolder: string;
  writeJson(name: string, value: unknown): Promise<void>;
  /** Whole files appear at once or not at all. */
  writeText(name: string, text: string): Promise<void>;
  /** Appends to `history.jsonl`. Rejects where the disk is full. */
  openHistory(): HistorySink & { close(): Promise<void> };
}

export const HISTORY_FILE = "history.jsonl";

/** Makes `<results>/<workload>/<UTC time>-<seed>/` and points `<results>/latest` to it. */
export async function createResultFolder(
  results: string,
  plan: Pick<Plan, "workload" | "seed">,
  wallMs: number,
): Promise<ResultFolder> {
  const parent = join(results, plan.workload);
  const name = `${timeName(wallMs)}-${plan.seed}`;
  await orExplain(`make the result folder ${parent}`, mkdir(parent, { recursive: true }));
  const path = await makeFresh(join(parent, name));
  const logFolder = join(path, "nodes");
  await mkdir(logFolder);
  await pointLatest(results, path);
  const writeText = (file: string, text: string) => writeWhole(join(path, file), text);
  return {
    path,
    logFolder,
    writeText,
    writeJson: (file, value) => writeText(file, `${JSON.stringify(value, undefined, 2)}\n`),
    openHistory: () => appendTo(join(path, HISTORY_FILE)),
  };
}

/** Makes a folder and those above it. Rejects with one sentence. */
export async function makeFolder(path: string): Promise<void> {
  await orExplain(`make the folder ${path}`, mkdir(path, { recursive: true }));
}

/** Writes beside the file and renames, so that a full disk never leaves half of one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new Error(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Reads one JSON file of a stored run; rejects with one sentence. */
export async function readJson(path: string): Promise<unknown> {
  const text = await orExplain(`read ${path}`, readFile(path, "utf8"));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read ${path}: it is not JSON (${reasonOf(error)})`, { cause: error });
  }
}

/** `20261123T031502Z`: sorts by time, and is a file name everywhere. */
function timeName(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
}

/** Two runs of one seed may begin within a second. */
async function makeFresh(wanted: string): Promise<string> {
  for (let number = 1; number <= FOLDERS_OF_ONE_SECOND_MAX; number += 1) {
    const path = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw new Error(`Cannot make the result folder ${path}: ${reasonOf(error)}`, {
          cause: error,
        });
      }
    }
  }
  throw new Error(
    `Cannot make the result folder ${wanted}: it exists ${FOLDERS_OF_ONE_SECOND_MAX} times`,
  );
}

const FOLDERS_OF_ONE_SECOND_MAX = 100;

async function pointLatest(results: string, path: string): Promise<void> {
  const link = join(results, "latest");
  const fresh = join(dirname(path), `.${basename(path)}.latest`);
  await symlink(relative(results, path), fresh, "dir");
  await orExplain(`point ${link} to the run`, rename(fresh, link));
}

function appendTo(path: string): HistorySink & { close(): Promise<void> } {
  const stream = createWriteStream(path, { flags: "wx" });
  // The failure reaches the recorder with the write that suffers it.
  stream.on("error", () => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error == null) resolve();
          else reject(new Error(`Cannot write ${path}: ${error.message}`, { cause: error }));
        });
      }),
    async close() {
      if (stream.errored !== null) return;
      stream.end();
      await finished(stream);
    },
  };
}

async function orExplain<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new Error(`Cannot ${what}: ${reasonOf(error)}`, { cause: error });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
