/** A write buffer over an engine that finishes its writes only when the test says so, and what a test asks of the two. */
import { ManualClock } from "../../env/testing/manual-clock.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import type { TableName, Write } from "../engine.ts";
import { GATHER_LOOK_MS } from "../pass-through.ts";
import { WriteBuffer } from "../write-buffer.ts";
import { SlowEngine } from "./slow-engine.ts";

export function world({ objectsMax = 4, flushMs = 100, gatherMs = GATHER_LOOK_MS } = {}) {
  const environment = quietEnvironment(new ManualClock());
  const below = new SlowEngine();
  const options = { objectsMax, flushMs, gatherMs };
  const buffer = new WriteBuffer(environment, { engine: below }, options);
  const metric = (name: string, reason?: string): number =>
    environment.metrics.valueOf(
      `ringside_write_buffer_${name}`,
      reason === undefined ? {} : { reason },
    );
  return { ...environment, below, buffer, metric };
}

export type World = ReturnType<typeof world>;

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const put = (key: string, value: string, table: TableName = "records"): Write => ({
  table,
  key: bytes(key),
  value: bytes(value),
});

export async function shown({ buffer }: World, key: string): Promise<string | undefined> {
  const value = await buffer.get("records", bytes(key));
  return value === undefined ? undefined : Buffer.from(value).toString();
}

/** What a restart after a crash would find. */
export async function stored({ below }: World): Promise<string[]> {
  const entries = await below.durable.scan("records", { limit: 99 });
  return entries.map(({ key, value }) => `${Buffer.from(key)}=${Buffer.from(value ?? [])}`);
}

/** Lets everything that waits for settled promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await undefined;
}

export async function outcomeOf(promise: Promise<void>): Promise<string> {
  return await promise.then(
    () => "stored",
    (error: unknown) => String(error),
  );
}
