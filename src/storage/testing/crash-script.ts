import { toHex } from "../../base/bytes.ts";
import { eventLoopTurn } from "../../platform/testing/event-loop-turn.ts";
import type { Engine, TableName, Write } from "../engine.ts";

/**
 * A fixed sequence of writes, and what a crash in its middle may leave.
 *
 * Crash points are enumerated: the script names one before and after each call, after each turn and at each acknowledgement, and a
 * test crashes at every one of them. Values name the step that wrote them, so that whatever is found can be told apart from
 * what was never written.
 */
export type CrashStep =
  | { readonly kind: "write"; readonly writes: readonly Write[]; readonly durable: boolean }
  /** Waits for every write under way. */
  | { readonly kind: "settle" }
  /** Where the engine can, everything buffered is stored now. */
  | { readonly kind: "flush" };

export type CrashEvent = {
  readonly step: number;
  readonly what: "before" | "called" | "turn" | "acknowledged";
};

/** An engine that may be one with a buffer. */
export type ScriptEngine = Engine & { flush?(): Promise<void> };

const put = (step: number, key: string, table: TableName = "records"): Write => ({
  table,
  key: Buffer.from(key),
  value: Buffer.from(`${key} by ${step}`.padEnd(20, ".")),
});
const remove = (key: string): Write => ({
  table: "records",
  key: Buffer.from(key),
  value: undefined,
});

type Entry = "settle" | "flush" | "durable" | ((step: number) => readonly Write[]);

/** `durable` stands before the write that it is about. */
const ENTRIES: readonly Entry[] = [
  (n) => [put(n, "a")],
  (n) => [put(n, "b"), put(n, "c"), put(n, "h", "hints")],
  "settle",
  (n) => [put(n, "a")],
  "durable",
  (n) => [put(n, "a"), put(n, "d")],
  (n) => [put(n, "d"), remove("b")],
  "flush",
  (n) => [put(n, "c")],
  "settle",
  (n) => [put(n, "node", "incarnations")],
  (n) => [put(n, "a"), put(n, "e")],
  "settle",
  (n) => [put(n, "b")],
  (n) => [put(n, "f"), put(n, "g"), put(n, "i"), put(n, "j")],
  (n) => [put(n, "k"), put(n, "l"), put(n, "m")],
  "durable",
  (n) => [remove("a"), put(n, "h", "hints")],
  "flush",
  "settle",
  (n) => [put(n, "a")],
  "durable",
  (n) => [put(n, "a")],
  (n) => [put(n, "node", "incarnations")],
  "settle",
];

/** Overwrites, removals, batches, both kinds of promises; writes that meet in one group, and writes that wait for each other. */
const CRASH_SCRIPT: readonly CrashStep[] = ENTRIES.flatMap((entry, index): CrashStep[] => {
  if (entry === "durable") return [];
  if (typeof entry === "string") return [{ kind: entry }];
  return [{ kind: "write", writes: entry(index), durable: ENTRIES[index - 1] === "durable" }];
});

/** Runs the script to its end, and waits at every event for `at`. Rejects where a write does. */
export async function runCrashScript(
  engine: ScriptEngine,
  at: (event: CrashEvent) => void | Promise<void>,
): Promise<void> {
  let underWay: Promise<void>[] = [];
  for (const [step, each] of CRASH_SCRIPT.entries()) {
    await at({ step, what: "before" });
    if (each.kind === "settle") {
      await Promise.all(underWay);
      underWay = [];
    } else {
      const done =
        each.kind === "flush"
          ? engine.flush?.()
          : engine
              .write(each.writes, { durable: each.durable })
              .then(() => at({ step, what: "acknowledged" }));
      done?.catch(toldLater);
      if (done !== undefined) underWay.push(done);
      await at({ step, what: "called" });
    }
    await eventLoopTurn();
    await at({ step, what: "turn" });
  }
}

/** Whoever settles is told. */
function toldLater(): void {}

/** What became of the script up to a crash. */
export interface CrashCase {
  /** Events up to the crash, in their order. */
  readonly events: readonly CrashEvent[];
  /** True where an acknowledged write is promised to be there only if it was asked to be durable. */
  readonly buffered: boolean;
  /** False where the crash may take even that, and only what is left must be sound. */
  readonly keepsDurable: boolean;
  /** What is left: every row of every table, by table and key. */
  readonly rows: readonly Write[];
}

/** What is wrong with what a crash left, one sentence each; empty where it is sound. */
export function crashFaults({
  events,
  buffered,
  keepsDurable,
  rows,
}: CrashCase): readonly string[] {
  const issued = new Set(events.filter(({ what }) => what !== "before").map(({ step }) => step));
  const acknowledged = events.filter(({ what }) => what === "acknowledged").map(({ step }) => step);
  const promised = keepsDurable
    ? acknowledged.filter((step) => !buffered || isPromised(step, acknowledged))
    : [];
  const left = new Map(rows.map((row) => [nameOf(row), textOf(row.value)]));
  const faults = rowFaults(issued, new Set(promised), left);
  if (buffered) return faults;
  const lowest = Math.max(-1, ...promised);
  return isPrefix(issued, lowest, left)
    ? faults
    : [
        ...faults,
        `what is left, ${show(left)}, is no prefix of the steps that reaches step ${lowest}`,
      ];
}

/** Buffered, a step is durable where it was asked to be, is of a table that is never buffered, or was acknowledged before such a one was asked. */
function isPromised(step: number, acknowledged: readonly number[]): boolean {
  const each = CRASH_SCRIPT[step];
  if (each?.kind !== "write") return false;
  return each.durable || acknowledged.some((later) => later >= step && isBarrier(later));
}

function isBarrier(step: number): boolean {
  const each = CRASH_SCRIPT[step];
  return each?.kind === "write" && each.writes.some(({ table }) => table === "incarnations");
}

/** Every row holds what some issued step wrote there, none older than the newest that was promised. */
function rowFaults(
  issued: ReadonlySet<number>,
  promised: ReadonlySet<number>,
  left: ReadonlyMap<string, string>,
): readonly string[] {
  const allowed = new Map<string, string[]>();
  for (const [step, each] of CRASH_SCRIPT.entries()) {
    if (each.kind !== "write" || !issued.has(step)) continue;
    for (const write of each.writes) {
      const name = nameOf(write);
      const before = promised.has(step) ? [] : (allowed.get(name) ?? [ABSENT]);
      allowed.set(name, [...before, textOf(write.value)]);
    }
  }
  const faults: string[] = [];
  for (const name of new Set([...allowed.keys(), ...left.keys()])) {
    const found = left.get(name) ?? ABSENT;
    const values = allowed.get(name) ?? [ABSENT];
    if (!values.includes(found)) {
      faults.push(`row ${name} is ${found}, allowed is ${values.join(" or ")}`);
    }
  }
  return faults;
}

/** An engine without a buffer stores step after step: what is left is what some number of them wrote. */
function isPrefix(
  issued: ReadonlySet<number>,
  lowest: number,
  left: ReadonlyMap<string, string>,
): boolean {
  const state = new Map<string, string>();
  let isFound = lowest < 0 && same(state, left);
  for (const [step, each] of CRASH_SCRIPT.entries()) {
    if (each.kind !== "write" || !issued.has(step)) continue;
    for (const write of each.writes) {
      if (write.value === undefined) state.delete(nameOf(write));
      else state.set(nameOf(write), textOf(write.value));
    }
    isFound ||= step >= lowest && same(state, left);
  }
  return isFound;
}

const ABSENT = "absent";

function nameOf({ table, key }: Pick<Write, "table" | "key">): string {
  return `${table}/${Buffer.from(key).toString("latin1")}`;
}

function textOf(value: Uint8Array | undefined): string {
  if (value === undefined) return ABSENT;
  const text = Buffer.from(value).toString("latin1");
  return /^[\x20-\x7e]*$/.test(text) ? text : `0x${toHex(value)}`;
}

function same(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, text]) => right.get(name) === text);
}

function show(rows: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries(rows));
}
