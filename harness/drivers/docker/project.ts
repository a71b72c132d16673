/** One cluster's compose project: its files, what is started of it, its logs and its end. */

import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containerName, volumeName } from "./compose-file.ts";
import type { Compose } from "./compose-program.ts";
import { docker } from "./docker-program.ts";
import { leftoversOf, removeRun } from "./leftovers.ts";

export interface ProjectOptions {
  readonly run: string;
  readonly compose: Compose;
  /** Absolute path of docker/compose.yaml. */
  readonly commonFile: string;
  /** Empty folder for the other file. */
  readonly folder: string;
  /** Takes `<service>.log`. */
  readonly logFolder: string;
  /** Image with which a node's volume is emptied, where it cannot be made anew because others hold it. */
  readonly eraseWith: string | undefined;
}

const UP_TIMEOUT_MS = 120_000;
const DOWN_TIMEOUT_MS = 120_000;
const STOP_SECONDS = 10;

export class Project {
  readonly #options: ProjectOptions;

  constructor(options: ProjectOptions) {
    this.#options = options;
  }

  async writeFile(file: object): Promise<void> {
    await writeFile(this.#ownFile(), `${JSON.stringify(file, undefined, 2)}\n`);
  }

  /** Creates what is missing of these services and starts them. */
  async up(services: readonly string[], action: string): Promise<void> {
    await this.#compose(["up", "--detach", "--no-recreate", "--no-deps", ...services], {
      action,
      timeoutMs: UP_TIMEOUT_MS,
    });
  }

  /** Asks these services to end, and kills those that do not. */
  async stop(services: readonly string[]): Promise<void> {
    await this.#compose(["stop", "--timeout", `${STOP_SECONDS}`, ...services], {
      action: "stop the nodes",
      timeoutMs: DOWN_TIMEOUT_MS,
    });
  }

  /** Adds what a service's container has printed so far to its log file. */
  async keepLog(service: string): Promise<void> {
    const { run, logFolder } = this.#options;
    const printed = await docker(["logs", containerName(run, service)], {
      action: `keep the log of ${service}`,
      withErrors: true,
    });
    await mkdir(logFolder, { recursive: true });
    await appendFile(join(logFolder, `${service}.log`), `${printed}\n`);
  }

  /** Removes an ended node and its data. */
  async discard(node: string): Promise<void> {
    const { run, eraseWith } = this.#options;
    await this.keepLog(node);
    await docker(["rm", containerName(run, node)], { action: `remove node ${node}` });
    const action = `destroy the data of ${node}`;
    const volume = volumeName(run, node);
    if (eraseWith === undefined) {
      await docker(["volume", "rm", volume], { action });
      return;
    }
    const program = ["--entrypoint", "find", eraseWith, "/data", "-mindepth", "1", "-delete"];
    const mount = `${volume}:/data`;
    await docker(["run", "--rm", "--network", "none", "--volume", mount, ...program], { action });
  }

  /** Removes all containers, networks and volumes. */
  async down(): Promise<void> {
    const { run } = this.#options;
    await this.#compose(["down", "--volumes", "--remove-orphans", "--timeout", "0"], {
      action: "remove the cluster",
      timeoutMs: DOWN_TIMEOUT_MS,
    });
    // What compose does not know of, such as a container that was being created when it was interrupted.
    if ((await leftoversOf(run)).length > 0) await removeRun(run);
  }

  /** The command that removes all of it, for a project that was left up. */
  get downCommand(): string {
    const { run, compose, commonFile } = this.#options;
    return `${compose.name} --project-name ${run} --file ${commonFile} --file ${this.#ownFile()} down --volumes`;
  }

  #ownFile(): string {
    return join(this.#options.folder, "cluster.json");
  }

  #compose(
    args: readonly string[],
    call: { readonly action: string; readonly timeoutMs: number },
  ): Promise<string> {
    const { run, compose, commonFile } = this.#options;
    const files = ["--file", commonFile, "--file", this.#ownFile()];
    return compose.run(["--project-name", run, ...files, ...args], call);
  }
}
