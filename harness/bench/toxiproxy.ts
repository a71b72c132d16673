/**
 * What the embedded Toxiproxy costs while no toxic is active, measured side by side in one run: a
 * direct connection, a plain relay in Node, ours in its child process, and a real server where
 * `--url` names one.
 *
 * Every target has three figures: the median round trip of one small message at a time, the rate of
 * a bulk transfer, and the rate of small messages with many in flight. The upstream is a process of
 * its own, so that it does not share an event loop with the client. Targets take turns, round by
 * round, as a busy machine would else favour one of them; the best round counts, since noise only
 * ever makes things slower.
 */
import { parseArgs } from "node:util";
import { execa } from "execa";
import { Toxiproxy } from "toxiproxy-node-client";
import { firstLine } from "../toxiproxy/first-line.ts";
import { startEmbeddedToxiproxy } from "../toxiproxy/spawn.ts";
import { megabytesPerSecond, messagesPerSecond, roundTripMicros } from "./connection-loads.ts";
import { serveRelay, serveUpstream } from "./connection-servers.ts";

/**
 * The best that Toxiproxy 2.12.0 (the Go server) did in several runs on the two-core machine that
 * Ringside was developed on: it added 80-110 µs to the median round trip and moved 520-570 MB/s and
 * 88,000-100,000 small messages a second.
 */
const REAL_SERVER: Cost = { addedMicros: 80, megabytesPerSecond: 570, messagesPerSecond: 100_000 };

/**
 * The worst that a plain relay in Node did in those runs. A relay that does worse today says that
 * this machine is slower, or busier, than that one was, and by how much less the stored figures
 * count here.
 */
const STORED_RELAY: Cost = { addedMicros: 60, megabytesPerSecond: 680, messagesPerSecond: 136_000 };

const ROUNDS = 8;
const SECONDS_MIN = 1;
const SECONDS_MAX = 120;

const HELP = `Usage: npm run bench:toxiproxy -- [flags]

Measures what the embedded Toxiproxy adds to a connection without toxics. Exits with 1 when it is slower than the real
server: the one at --url, or else the figures stored in this program.

  --seconds N   how long to measure each figure of each target, ${SECONDS_MIN} to ${SECONDS_MAX} (default 4)
  --url URL     a real Toxiproxy on this machine to measure too
  --help        show this
`;

interface Cost {
  readonly addedMicros: number;
  readonly megabytesPerSecond: number;
  readonly messagesPerSecond: number;
}

interface Figures {
  readonly roundTripMicros: number;
  readonly megabytesPerSecond: number;
  readonly messagesPerSecond: number;
}

interface Target {
  readonly name: string;
  readonly port: number;
}

const { values: flags } = readFlags();
if (flags.role === "upstream") await serveUpstream();
else if (flags.role === "relay") await serveRelay(Number(flags.upstream));
else if (flags.help) process.stdout.write(HELP);
else process.exitCode = await bench();

function readFlags() {
  try {
    return parseArgs({
      strict: true,
      options: {
        seconds: { type: "string", default: "4" },
        url: { type: "string" },
        help: { type: "boolean", default: false },
        // What this program is when it starts itself: the upstream or the plain relay.
        role: { type: "string" },
        upstream: { type: "string" },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fail(`Cannot read the flags: ${error.message.split("\n", 1).join("")}`);
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(64);
}

async function bench(): Promise<number> {
  const seconds = Number(flags.seconds);
  if (!(seconds >= SECONDS_MIN && seconds <= SECONDS_MAX)) {
    fail(`Cannot use --seconds ${flags.seconds}: a number from ${SECONDS_MIN} to ${SECONDS_MAX}`);
  }
  const upstream = startSelf("upstream");
  const upstreamPort = await portOf(upstream);
  const relay = startSelf("relay", "--upstream", String(upstreamPort));
  const relayPort = await portOf(relay);
  const embedded = await startEmbeddedToxiproxy();
  const removals: (() => Promise<void>)[] = [];
  try {
    const proxied = async (url: string) => {
      const proxy = await new Toxiproxy(url).createProxy({
        name: `ringside-bench-${process.pid}`,
        listen: "127.0.0.1:0",
        upstream: `127.0.0.1:${upstreamPort}`,
      });
      removals.push(() => proxy.remove());
      return Number(proxy.listen.slice(proxy.listen.lastIndexOf(":") + 1));
    };
    const targets: Target[] = [
      { name: "direct", port: upstreamPort },
      { name: "plain relay", port: relayPort },
      { name: "embedded", port: await proxied(embedded.url) },
    ];
    if (flags.url !== undefined) targets.push({ name: "real", port: await proxied(flags.url) });
    return report(await measureAll(targets, seconds));
  } finally {
    for (const remove of removals) await remove();
    await embedded.stop();
    for (const child of [relay, upstream]) child.kill("SIGTERM");
    await Promise.all([relay, upstream]);
  }
}

function startSelf(role: string, ...args: readonly string[]) {
  return execa(process.execPath, [import.meta.filename, "--role", role, ...args], {
    stdin: "pipe",
    stderr: "inherit",
    reject: false,
  });
}

/**
 * Must be asked at once after the start: a line that is printed before anyone listens for it is
 * lost.
 */
async function portOf(child: ReturnType<typeof startSelf>): Promise<number> {
  return Number(await firstLine(child.stdout));
}

async function measureAll(
  targets: readonly Target[],
  seconds: number,
): Promise<ReadonlyMap<string, Figures>> {
  const best = new Map<string, Figures>();
  const roundMs = (seconds * 1_000) / ROUNDS;
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, port } of targets) {
      const before = best.get(name);
      const figures = {
        roundTripMicros: await roundTripMicros(port, roundMs),
        megabytesPerSecond: await megabytesPerSecond(port, roundMs),
        messagesPerSecond: await messagesPerSecond(port, roundMs),
      };
      best.set(name, before === undefined ? figures : better(before, figures));
    }
  }
  return best;
}

function better(one: Figures, other: Figures): Figures {
  return {
    roundTripMicros: Math.min(one.roundTripMicros, other.roundTripMicros),
    megabytesPerSecond: Math.max(one.megabytesPerSecond, other.megabytesPerSecond),
    messagesPerSecond: Math.max(one.messagesPerSecond, other.messagesPerSecond),
  };
}

/** Prints the table; answers the exit status. */
function report(figures: ReadonlyMap<string, Figures>): number {
  const directMicros = figures.get("direct")?.roundTripMicros ?? 0;
  const costOf = (name: string): Cost | undefined => {
    const found = figures.get(name);
    return found && { ...found, addedMicros: found.roundTripMicros - directMicros };
  };
  const rows = [...figures].map(([name, { roundTripMicros: micros, ...rates }]) => [
    name,
    micros.toFixed(1),
    name === "direct" ? "" : (micros - directMicros).toFixed(1),
    rates.megabytesPerSecond.toFixed(0),
    rates.messagesPerSecond.toFixed(0),
  ]);
  const stored = onThisMachine(REAL_SERVER, costOf("plain relay") ?? STORED_RELAY);
  rows.push([
    stored === REAL_SERVER ? "real (stored)" : "real (stored, scaled)",
    "",
    stored.addedMicros.toFixed(1),
    stored.megabytesPerSecond.toFixed(0),
    stored.messagesPerSecond.toFixed(0),
  ]);
  printTable([["target", "round trip µs", "added µs", "MB/s", "messages/s"], ...rows]);
  const ours = costOf("embedded") ?? fail("Cannot compare: the embedded server was not measured");
  const misses = missesOf(ours, costOf("real") ?? stored);
  for (const miss of misses) process.stdout.write(`missed: ${miss}\n`);
  if (misses.length === 0) process.stdout.write("at least as fast as the real server\n");
  return misses.length === 0 ? 0 : 1;
}

/**
 * The stored figures of the real server, scaled down where the plain relay is slower here than it
 * was then.
 */
function onThisMachine(real: Cost, relay: Cost): Cost {
  const scales = {
    addedMicros: Math.max(1, relay.addedMicros / STORED_RELAY.addedMicros),
    megabytesPerSecond: Math.min(1, relay.megabytesPerSecond / STORED_RELAY.megabytesPerSecond),
    messagesPerSecond: Math.min(1, relay.messagesPerSecond / STORED_RELAY.messagesPerSecond),
  };
  if (Object.values(scales).every((scale) => scale === 1)) return real;
  return {
    addedMicros: real.addedMicros * scales.addedMicros,
    megabytesPerSecond: real.megabytesPerSecond * scales.megabytesPerSecond,
    messagesPerSecond: real.messagesPerSecond * scales.messagesPerSecond,
  };
}

function missesOf(ours: Cost, real: Cost): readonly string[] {
  const misses: string[] = [];
  if (ours.addedMicros > real.addedMicros) misses.push("the added round trip");
  if (ours.megabytesPerSecond < real.megabytesPerSecond) misses.push("the bulk rate");
  if (ours.messagesPerSecond < real.messagesPerSecond) misses.push("the rate of small messages");
  return misses;
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths?.[column] ?? 0) : cell.padStart(widths?.[column] ?? 0),
    );
    process.stdout.write(`${cells.join("  ")}\n`);
  }
}
