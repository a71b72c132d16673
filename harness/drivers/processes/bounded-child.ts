/**
 * A child process that does not outlive the harness, not even one that was killed with `kill -9` while the child is stopped.
 *
 * On Linux the kernel does it: `setpriv --pdeathsig KILL` arms the signal and then becomes the program by exec, which
 * keeps it. Elsewhere, or where setpriv is missing, the child watches its standard input and exits when that closes.
 * Children get a session of their own: Ctrl-C reaches only the harness, which then stops them in order.
 */

import { accessSync, constants } from "node:fs";
import { execa } from "execa";

/** How a process ended. */
export interface ChildEnd {
  /** Undefined where a signal ended it. */
  readonly exitStatus: number | undefined;
  /** For example `exit status 1` or `signal SIGKILL`. */
  readonly phrase: string;
}

export interface BoundedChild {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<ChildEnd>;
  signal(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): void;
}

export interface BoundedChildOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly folder: string;
  /** Open descriptor that takes both of its outputs. */
  readonly logDescriptor: number;
}

const SETPRIV = "/usr/bin/setpriv";

/** Throws where the program cannot be started at all. */
export function startBoundedChild(options: BoundedChildOptions): BoundedChild {
  // Any open descriptor is handed to the child as it is; execa's types know only the standard ones.
  const logDescriptor = options.logDescriptor as 1;
  const tied = canUseSetpriv();
  const command = tied
    ? [SETPRIV, "--pdeathsig", "KILL", "--", options.file, ...options.arguments]
    : [options.file, ...options.arguments, "--exit-with-stdin"];
  const [program = options.file, ...rest] = command;
  const subprocess = execa(program, rest, {
    cwd: options.folder,
    stdio: [tied ? "ignore" : "pipe", logDescriptor, logDescriptor],
    detached: true,
    cleanup: false,
    reject: false,
  });
  const { pid } = subprocess;
  if (pid === undefined) {
    throw new Error(`Cannot start ${options.file}: the system refused to make a process`);
  }
  const gone = subprocess.then(
    ({ signal, exitCode }): ChildEnd => ({
      exitStatus: exitCode,
      phrase: signal === undefined ? `exit status ${exitCode ?? "unknown"}` : `signal ${signal}`,
    }),
  );
  return { pid, gone, signal: (signal) => void subprocess.kill(signal) };
}

function canUseSetpriv(): boolean {
  if (process.platform !== "linux") return false;
  try {
    accessSync(SETPRIV, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
