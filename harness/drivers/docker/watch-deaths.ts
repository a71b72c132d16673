import { createInterface } from "node:readline";
import { execa } from "execa";
import { RUN_LABEL } from "./labels.ts";

export interface DeathWatch {
  stop(): Promise<void>;
}

interface DieEvent {
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

const SIGNALS_FROM = 128;

/**
 * Listens to the engine: `onDeath` is told of each container of the run whose process ends, by the container's name, and
 * `onFailure` once when the engine itself stops telling.
 */
export function watchDeaths(
  run: string,
  options: {
    /** Time on the engine's clock from which on its events count, as Docker writes times. */
    readonly since: string;
    readonly onDeath: (container: string, how: string) => void;
    readonly onFailure: (error: Error) => void;
  },
): DeathWatch {
  const filters = [`label=${RUN_LABEL}=${run}`, "event=die"].flatMap((each) => ["--filter", each]);
  const child = execa(
    "docker",
    ["events", "--since", options.since, ...filters, "--format", "{{json .}}"],
    {
      stdin: "ignore",
      detached: true,
      reject: false,
      buffer: { stdout: false },
    },
  );
  let stopped = false;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { Actor: actor } = JSON.parse(line) as DieEvent;
    const { name = "", exitCode = "" } = actor?.Attributes ?? {};
    options.onDeath(name, endOf(Number(exitCode)));
  });
  const ended = child.then(({ stderr }) => {
    if (stopped) return;
    options.onFailure(new Error(`The Docker engine is gone: ${stderr || "it stopped telling"}`));
  });
  return {
    async stop() {
      stopped = true;
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function endOf(exitCode: number): string {
  return exitCode > SIGNALS_FROM ? `signal ${exitCode - SIGNALS_FROM}` : `exit status ${exitCode}`;
}
