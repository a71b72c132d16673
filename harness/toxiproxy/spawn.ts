import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { firstLine } from "./first-line.ts";

export interface EmbeddedToxiproxyOptions {
  /** Where the API and, unless they say otherwise, the proxies listen. 127.0.0.1 unless given. */
  readonly host?: string;
  /** The API's port. A free one unless given. */
  readonly port?: number;
  /** How long to wait for the child to listen, in milliseconds. 20,000 unless given. */
  readonly readyTimeoutMs?: number;
}

export interface EmbeddedToxiproxy {
  /** Such as `http://127.0.0.1:8474`. */
  readonly url: string;
  readonly pid: number;
  /** Ends the child and resolves when it is gone. May be called more than once. */
  stop(): Promise<void>;
}

/** The child did not come to listen; the message holds what it said. */
export class ToxiproxyStartError extends Error {
  override readonly name = "ToxiproxyStartError";
}

/** The program that runs in the child. */
export const mainPath = join(import.meta.dirname, `main${import.meta.filename.slice(-3)}`);

const SETPRIV = "/usr/bin/setpriv";
const READY_TIMEOUT_MS = 20_000;
/** How long a child that was asked to stop may take before it is killed. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts an embedded Toxiproxy in a child process, so that moving bytes and running a harness do
 * not share an event loop.
 *
 * The child cannot outlive its parent: its standard input closes when the parent is gone, and where
 * the system can do it (Linux, with setpriv) the kernel kills it besides, even when it hangs.
 *
 * @throws ToxiproxyStartError where it does not listen, say because the port is in use.
 */
export async function startEmbeddedToxiproxy(
  options: EmbeddedToxiproxyOptions = {},
): Promise<EmbeddedToxiproxy> {
  const { host = "127.0.0.1", port = 0, readyTimeoutMs = READY_TIMEOUT_MS } = options;
  const program = [
    process.execPath,
    mainPath,
    "--host",
    host,
    "--port",
    String(port),
    "--exit-with-stdin",
  ];
  const [file = "", ...args] = existsSync(SETPRIV)
    ? [SETPRIV, "--pdeathsig", "KILL", ...program]
    : program;
  const child = execa(file, args, {
    stdin: "pipe",
    stderr: ["pipe", "inherit"],
    reject: false,
    // A session of its own: Ctrl-C reaches the parent alone, which has faults to heal first.
    detached: true,
    cleanup: false,
    forceKillAfterDelay: STOP_TIMEOUT_MS,
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), readyTimeoutMs);
  const line = await firstLine(child.stdout);
  clearTimeout(timer);
  const url = /^ready (http:\S+)$/.exec(line ?? "")?.[1];
  if (url === undefined) {
    child.kill("SIGKILL");
    const { stderr, shortMessage } = await child;
    throw new ToxiproxyStartError(
      `Cannot start the embedded Toxiproxy: ${stderr || shortMessage || "it ended"}`,
    );
  }
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await child;
    },
  };
}
