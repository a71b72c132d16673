import { ALL_CRASH } from "../checker/all-crash.ts";
import { allCrashAttack } from "./attacks/all-crash-attack.ts";
import type { FaultRecord } from "./fault.ts";
import type { NemesisParts } from "./nemesis.ts";
import { executeAttack } from "./nemesis.ts";

/** From the kill to the start: long enough to ask everybody in between. */
const DARK_MS = 1_000;

/** Kills all nodes at once, starts them again, and proves it. `number` is the fault's among those of the run, from 1. */
export function crashAll(
  parts: NemesisParts,
  { number, signal }: { readonly number: number; readonly signal: AbortSignal },
): Promise<FaultRecord> {
  const fault = { name: `${number}-${ALL_CRASH}`, kind: ALL_CRASH, healMs: DARK_MS };
  const attack = allCrashAttack(parts);
  const startMs = parts.clock.monotonicMs();
  return executeAttack(parts, { fault, attack }, { startMs, signal, onCurrent: () => {} });
}
