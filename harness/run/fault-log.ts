import type { FaultFile, FaultRecord, Link } from "../nemesis/fault.ts";
import type { ResultFolder } from "./result-folder.ts";
import { FAULTS_FILE } from "./run-files.ts";

/** What was done to the cluster, in `faults.json` as soon as it is known: a run that breaks leaves what it had done. */
export class FaultLog {
  readonly #folder: ResultFolder;
  readonly #faults: FaultRecord[] = [];
  #silentLinks: readonly Link[] = [];

  constructor(folder: ResultFolder) {
    this.#folder = folder;
  }

  /** How many faults there were. */
  get count(): number {
    return this.#faults.length;
  }

  get file(): FaultFile {
    return {
      format: "ringside-faults",
      version: 1,
      faults: this.#faults,
      silentLinks: this.#silentLinks,
    };
  }

  async add(fault: FaultRecord): Promise<void> {
    this.#faults.push(fault);
    await this.write();
  }

  /** The links that carried nothing although all was well. */
  async addSilentLinks(links: readonly Link[]): Promise<void> {
    this.#silentLinks = links;
    await this.write();
  }

  write(): Promise<void> {
    return this.#folder.writeJson(FAULTS_FILE, this.file);
  }
}
