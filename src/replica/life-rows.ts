import { isIncarnation } from "../base/actor.ts";
import type { NodeId } from "../base/ids.ts";
import type { Engine, Write } from "../storage/engine.ts";
import { DamageError } from "../storage/engine.ts";

/**
 * Rows of the table `incarnations`, JSON under a node's id: what a node keeps of its own lives, and what it remembers of
 * those of its peers (architecture, "Lives").
 */
export interface OwnLifeRow {
  readonly format: 2;
  readonly incarnation: string;
  /** The start that the row is about, named like an incarnation. */
  readonly life: string;
  /** The first epoch that no actor of the incarnation has; holds only where the life has ended. */
  readonly nextEpoch: number;
  /** True: the life stopped in order, and every row that it ever minted in is stored. */
  readonly ended: boolean;
  /** Which hints it had dropped last; only where it ended, and knew. */
  readonly droppedHints?: DroppedHintsRow;
}

/** Keys of which a life dropped hints less than a grace before its end. */
export interface DroppedHintsRow {
  readonly graceMs: number;
  /** MD5s of the keys, 16 bytes each, one after the other, in base64. */
  readonly hashes: string;
}

export interface PeerLifeRow {
  readonly format: 2;
  readonly incarnation: string;
  readonly life: string;
  /** Incarnations that the peer had before, the newest last. */
  readonly past: readonly string[];
}

/** Undefined where it cannot be used: whoever knows nothing of a life doubts it. "none": this store never had one. */
export async function readOwnLife(
  engine: Engine,
  node: NodeId,
): Promise<OwnLifeRow | "none" | undefined> {
  const row = await readRow(engine, node);
  if (row === undefined || row === "none") return row;
  const { incarnation, life, nextEpoch, ended } = row;
  if (!isIncarnation(incarnation) || !isIncarnation(life)) return undefined;
  if (!Number.isSafeInteger(nextEpoch) || typeof ended !== "boolean") return undefined;
  const droppedHints = droppedHintsIn(row["droppedHints"]);
  return {
    format: 2,
    incarnation,
    life,
    nextEpoch: Number(nextEpoch),
    ended,
    ...(droppedHints && { droppedHints }),
  };
}

/** The same of a peer. */
export async function readPeerLife(engine: Engine, node: NodeId): Promise<PeerLifeRow | undefined> {
  const row = await readRow(engine, node);
  if (row === undefined || row === "none") return undefined;
  const { incarnation, life, past } = row;
  if (!isIncarnation(incarnation) || !isIncarnation(life)) return undefined;
  if (!Array.isArray(past) || !past.every(isIncarnation)) return undefined;
  return { format: 2, incarnation, life, past };
}

/** Resolves when the row is as durable as the engine makes it. */
export function writeLife(
  engine: Engine,
  node: NodeId,
  row: OwnLifeRow | PeerLifeRow,
): Promise<void> {
  const write: Write = {
    table: "incarnations",
    key: Buffer.from(node, "latin1"),
    value: Buffer.from(JSON.stringify(row)),
  };
  return engine.write([write]);
}

/** Undefined where the life before told nothing, as those of older programs do. */
function droppedHintsIn(field: unknown): DroppedHintsRow | undefined {
  if (typeof field !== "object" || field === null) return undefined;
  const { graceMs, hashes }: { graceMs?: unknown; hashes?: unknown } = field;
  if (typeof graceMs !== "number" || typeof hashes !== "string") return undefined;
  return { graceMs, hashes };
}

async function readRow(
  engine: Engine,
  node: NodeId,
): Promise<Readonly<Record<string, unknown>> | "none" | undefined> {
  try {
    const bytes = await engine.get("incarnations", Buffer.from(node, "latin1"));
    if (bytes === undefined) return "none";
    const row: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof row !== "object" || row === null) return undefined;
    return { ...row };
  } catch (error) {
    if (error instanceof DamageError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
