/**
 * The `docker` program, through execa. It finds the engine itself (DOCKER_HOST, then the current context), so whatever
 * engine works on the command line works here.
 */

import { execa } from "execa";
import { DockerError, dockerError } from "./docker-error.ts";

export interface ProgramCall {
  /** What it is for, to complete "Cannot ...". */
  readonly action: string;
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Resolves to both of its outputs, in the order they came. */
  readonly withErrors?: boolean;
}

const TIMEOUT_MS = 60_000;

/** Runs `docker ARGUMENTS` and resolves to what it printed. Rejects with DockerError, one sentence. */
export function docker(args: readonly string[], call: ProgramCall): Promise<string> {
  return runProgram("docker", args, call);
}

/** Any program that speaks to the engine, or fails as Docker does. */
export async function runProgram(
  program: string,
  args: readonly string[],
  call: ProgramCall,
): Promise<string> {
  const { action, timeoutMs = TIMEOUT_MS, input, environment = {}, folder } = call;
  const all = call.withErrors === true;
  const result = await execa(program, args, {
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    ...(folder === undefined ? {} : { cwd: folder }),
    env: environment,
    timeout: timeoutMs,
    // Ctrl-C reaches the harness alone, which then stops things in order.
    detached: true,
    reject: false,
    all,
  });
  if (!result.failed) return (all ? result.all : result.stdout) ?? "";
  if (result.code === "ENOENT") {
    throw new DockerError(`Cannot ${action}: the program ${program} is not installed`);
  }
  if (result.timedOut) {
    throw new DockerError(`Cannot ${action}: ${program} did not end within ${timeoutMs} ms`);
  }
  throw dockerError(action, `${result.stdout ?? ""}\n${result.stderr ?? ""}`);
}
