import type { Engine } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { openLmdbEngine } from "./lmdb-engine.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";

export interface EngineChoice {
  readonly engine: "lmdb" | "memory" | "sqlite";
  /** Made where it is missing; unused in memory. */
  readonly folder: string;
  /** True: a resolved write survives a power failure; no difference in memory. */
  readonly sync: boolean;
}

/** Opens the engine of that name. Rejects with StorageError. */
export async function openEngine({ engine, folder, sync }: EngineChoice): Promise<Engine> {
  switch (engine) {
    case "lmdb":
      return await openLmdbEngine({ folder, sync });
    case "sqlite":
      return await openSqliteEngine({ folder, sync });
    case "memory":
      return new MemoryEngine();
  }
}
