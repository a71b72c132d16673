import type { TableName, Write } from "./engine.ts";

/** Told of what becomes visible in a write buffer and what goes, at that very moment; for those who look into nodes from outside. */
export interface BufferWatch {
  rowRead(table: TableName, key: Uint8Array): void;
  /** Visible from now on. */
  written(writes: readonly Write[]): void;
  /** As durable as was asked for: acknowledged. */
  acknowledged(writes: readonly Write[]): void;
  /** Could not be stored, and are no longer visible; `buffered` is what is visible of a row now, unless the engine below knows. */
  rolledBack(
    writes: readonly Write[],
    buffered: (table: TableName, key: Uint8Array) => Write | undefined,
  ): void;
}
