import type { Engine } from "../../../src/storage/engine.ts";
import type { SimProcess } from "./sim-process.ts";

/** An engine as one life of a process sees it: what it answers is held while the process is paused and lost once it is dead. */
export function gatedEngine(engine: Engine, process: SimProcess): Engine {
  const gate = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      promise.then(
        // Nothing can go wrong in there, so a running process is entered without ceremony.
        (value) =>
          process.state === "running" ? resolve(value) : process.enter(() => resolve(value)),
        (error: unknown) => process.enter(() => reject(error)),
      );
    });
  return {
    name: engine.name,
    synced: engine.synced,
    ordered: engine.ordered,
    get: (table, key) => gate(engine.get(table, key)),
    write: (writes, options) => gate(engine.write(writes, options)),
    scan: (table, options) => gate(engine.scan(table, options)),
    count: (table) => gate(engine.count(table)),
    close: () => gate(engine.close()),
  };
}
