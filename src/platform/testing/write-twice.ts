import { openEngine } from "../open-engine.ts";

/*
 * Run under strace: writes two keys, one after the other, into the folder given, with the engine named before it, and tells on
 * standard output what became of each, of a read, what the engine says it died of, and what became of the end.
 */
const OUTCOME_TIMEOUT_MS = 3_000;

const [, , kind, folder = ""] = process.argv;
const engine = await openEngine({ engine: kind === "sqlite" ? kind : "lmdb", folder, sync: true });
const put = (key: string) =>
  engine.write([{ table: "records", key: Buffer.from(key), value: Buffer.from("value") }]);
const first = await outcomeOf(put("first"));
const second = await outcomeOf(put("second"));
const read = await outcomeOf(engine.get("records", Buffer.from("second")));
const failure = engine.failure?.name ?? "none";
const closed = await outcomeOf(engine.close());
process.stdout.write(`${JSON.stringify({ first, second, read, failure, closed })}\n`);
// Without its reason to wait: what has no outcome would keep it.
process.exit();

async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("no outcome"), OUTCOME_TIMEOUT_MS);
  const outcome = await Promise.race([promise.then(() => "done", String), late]);
  clearTimeout(timer);
  return outcome;
}
