import { StorageError } from "./engine.ts";

export function closedError(): StorageError {
  return new StorageError("Cannot use the write buffer: it is closed");
}

/** `cause`: what the engine below said. */
export function lossError(rowCount: number, cause: unknown): StorageError {
  return new StorageError(
    `Cannot store ${rowCount} rows of the write buffer: they were acknowledged and are lost`,
    { cause },
  );
}
