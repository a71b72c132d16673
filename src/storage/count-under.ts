import type { Engine, TableName, Write } from "./engine.ts";
import { DamageError } from "./engine.ts";

/** How many keys a table of the engine would hold with these writes in it, of which none has the key of another. */
export async function countUnder(
  engine: Engine,
  table: TableName,
  writes: readonly Write[],
): Promise<number> {
  const [count, ...isStored] = await Promise.all([
    engine.count(table),
    ...writes.map(({ key }) => isIn(engine, table, key)),
  ]);
  return writes.reduce(
    (sum, { value }, index) => sum + Number(value !== undefined) - Number(isStored[index]),
    count,
  );
}

/** Engines count a damaged row, too: its key is there. */
function isIn(engine: Engine, table: TableName, key: Uint8Array): Promise<boolean> {
  return engine.get(table, key).then(
    (value) => value !== undefined,
    (error: unknown) => {
      if (error instanceof DamageError) return true;
      throw error;
    },
  );
}
