/** One cluster's compose project: its files, what is started of it, its logs and its end. */

import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containerName, METER, volumeName } from "./compose-file.ts";
import type { Compose } from "./compose-program.ts";
import type { ProgramCall } from "./docker-program.ts";
import { docker } from "./docker-program.ts";
import { leftoversOf, removeRun } from "./leftovers.ts";
import { DISKS_FOLDER } from "./pressure.ts";

export interface ProjectOptions {
  readonly run: string;
  readonly compose: Compose;
  /** Absolute path of docker/compose.yaml. */
  readonly commonFile: string;
  /** Empty folder for the other file. */
  readonly folder: string;
  /** Takes `<service>.log`. */
  readonly logFolder: string;
  /** Whether the meter holds the nodes' disks, so that they are emptied and not made anew. */
  readonly hasMemoryDisks: boolean;
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
  async up(services: readonly string[], action: string, signal?: AbortSignal): Promise<void> {
    await this.#compose(["up", "--detach", "--no-recreate", "--no-deps", ...services], {
      action,
      timeoutMs: UP_TIMEOUT_MS,
      signal,
    });
  }

  /** Asks these services to end, and kills those that do not. */
  async stop(services: readonly string[]): Promise<void> {
    await this.#compose(["stop", "--timeout", `${STOP_SECONDS}`, ...services], {
      action: "stop the nodes",
      timeoutMs: DOWN_TIMEOUT_MS,
    });
  }

  /** Adds what a service's container has printed so far to its log file; nothing where there is no such container. */
  async keepLog(service: string): Promise<void> {
    const { run, logFolder } = this.#options;
    const container = containerName(run, service);
    const found = await docker(["ps", "--all", "--quiet", "--filter", `name=^/${container}$`], {
      action: `look for the container of ${service}`,
    });
    if (found === "") return;
    const printed = await docker(["logs", container], {
      action: `keep the log of ${service}`,
      withErrors: true,
    });
    await mkdir(logFolder, { recursive: true });
    await appendFile(join(logFolder, `${service}.log`), `${printed}\n`);
  }

  /** Removes an ended node and its data. */
  async discard(node: string): Promise<void> {
    const { run, hasMemoryDisks } = this.#options;
    await this.keepLog(node);
    await docker(["rm", containerName(run, node)], { action: `remove node ${node}` });
    const action = `destroy the data of ${node}`;
    const erase = ["find", `${DISKS_FOLDER}/${node}`, "-mindepth", "1", "-delete"];
    await docker(
      hasMemoryDisks
        ? ["exec", containerName(run, METER), ...erase]
        : ["volume", "rm", volumeName(run, node)],
      { action },
    );
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

  /** The command that removes all of it and its folder, for a project that was left up. */
  get downCommand(): string {
    const { run, compose, commonFile, folder } = this.#options;
    const down = `${compose.name} --project-name ${run} --file ${commonFile} --file ${this.#ownFile()} down --volumes`;
    return `${down} && rm -r ${folder}`;
  }

  #ownFile(): string {
    return join(this.#options.folder, "cluster.json");
  }

  #compose(
    args: readonly string[],
    call: Pick<ProgramCall, "action" | "timeoutMs" | "signal">,
  ): Promise<string> {
    const { run, compose, commonFile } = this.#options;
    const files = ["--file", commonFile, "--file", this.#ownFile()];
    return compose.run(["--project-name", run, ...files, ...args], call);
  }
}
