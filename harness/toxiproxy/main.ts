import { parseArgs } from "node:util";
import type { ToxiproxyServer } from "./server.ts";
import { startToxiproxyServer } from "./server.ts";

/**
 * The embedded Toxiproxy as a program of its own. Prints `ready <url>` once it listens, and nothing
 * else on stdout.
 *
 * Exit status: 0 stopped by SIGTERM, SIGINT or the end of stdin; 64 bad flags; 70 it could not
 * listen or broke.
 */

const EXIT_BAD_USE = 64;
const EXIT_BROKEN = 70;
const PORT_MAX = 65_535;

const HELP = `Usage: npm run toxiproxy -- [flags]

A TCP proxy that injects faults, with the HTTP API of Toxiproxy 2.12.

  --host HOST         address of the API, and of proxies that name no host (default 127.0.0.1)
  --port PORT         port of the API, 0 to 65535; 0 takes a free one (default 8474)
  --no-metrics        do not serve /metrics
  --exit-with-stdin   stop when standard input ends, which it does when the parent process dies
  --help              show this
`;

class BadUseError extends Error {
  override readonly name = "BadUseError";
}

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly metrics: boolean;
  readonly exitWithStdin: boolean;
  readonly help: boolean;
}

process.on("uncaughtException", (error) => {
  process.stderr.write(`Toxiproxy broke: ${error.stack ?? error.message}\n`);
  process.exit(EXIT_BROKEN);
});

await main();

async function main(): Promise<void> {
  try {
    const flags = readFlags(process.argv.slice(2));
    if (flags.help) {
      process.stdout.write(HELP);
      return;
    }
    const server = await startToxiproxyServer(flags);
    stopWhenAsked(server, flags);
    process.stdout.write(`ready ${server.url}\n`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof BadUseError ? EXIT_BAD_USE : EXIT_BROKEN;
  }
}

function readFlags(args: readonly string[]): Flags {
  const { values } = parse(args);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > PORT_MAX) {
    throw new BadUseError(`Cannot use --port ${values.port}: a whole number from 0 to ${PORT_MAX}`);
  }
  if (values.host === "") throw new BadUseError("Cannot use --host: it must not be empty");
  return {
    host: values.host,
    port,
    metrics: !values["no-metrics"],
    exitWithStdin: values["exit-with-stdin"],
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "8474" },
        "no-metrics": { type: "boolean", default: false },
        "exit-with-stdin": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const reason = error.message.split("\n", 1).join("");
    throw new BadUseError(`Cannot read the flags: ${reason} Try --help.`, { cause: error });
  }
}

function stopWhenAsked(server: ToxiproxyServer, { exitWithStdin }: Flags): void {
  const stop = () => {
    // A second signal while this one is at work changes nothing; the first has closed everything it
    // could.
    void server.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (!exitWithStdin) return;
  process.stdin.once("close", stop);
  process.stdin.resume();
}

function explain(error: Error): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== "listen" && syscall !== "getaddrinfo") return error.message;
  const reason = code === "EADDRINUSE" ? "the port is in use" : error.message;
  return `Cannot start Toxiproxy: ${reason} (try another --port or --host)`;
}
