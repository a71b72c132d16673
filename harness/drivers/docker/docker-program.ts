/**
 * The `docker` program and its relatives, through execa. Docker finds the engine itself (DOCKER_HOST, then the current
 * context), so whatever engine works on the command line works here.
 */

import { execa } from "execa";
import { DockerError, dockerError } from "./docker-error.ts";

export interface ProgramCall {
  /** What it is for, to complete "Cannot ...". */
  readonly action: string;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Resolves to both of its outputs, in the order they came. */
  readonly withErrors?: boolean;
  /** Ends the program and all that it started; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 60_000;
/** For a program that was asked to end. */
const END_TIMEOUT_MS = 10_000;

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
  const { action, timeoutMs = TIMEOUT_MS, environment = {}, folder, signal } = call;
  const all = call.withErrors === true;
  signal?.throwIfAborted();
  const subprocess = execa(program, args, {
    stdin: "ignore",
    ...(folder === undefined ? {} : { cwd: folder }),
    env: environment,
    // A group of its own: Ctrl-C reaches the harness alone, which then ends things in order.
    detached: true,
    reject: false,
    all,
  });
  let why: string | undefined;
  const end = (reason: string) => {
    why ??= reason;
    signalGroup(subprocess.pid, "SIGTERM");
  };
  const onAbort = () => end("it was interrupted");
  const onExit = () => signalGroup(subprocess.pid, "SIGKILL");
  const late = setTimeout(() => end(`${program} did not end within ${timeoutMs} ms`), timeoutMs);
  const tooLate = setTimeout(onExit, timeoutMs + END_TIMEOUT_MS);
  signal?.addEventListener("abort", onAbort);
  process.once("exit", onExit);
  const result = await subprocess;
  clearTimeout(late);
  clearTimeout(tooLate);
  signal?.removeEventListener("abort", onAbort);
  process.off("exit", onExit);

  signal?.throwIfAborted();
  if (why !== undefined) throw new DockerError(`Cannot ${action}: ${why}`);
  if (!result.failed) return (all ? result.all : result.stdout) ?? "";
  if (result.code === "ENOENT") {
    throw new DockerError(`Cannot ${action}: the program ${program} is not installed`);
  }
  throw dockerError(action, `${result.stdout ?? ""}\n${result.stderr ?? ""}`);
}

/** The program and all that it started. */
function signalGroup(pid: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
