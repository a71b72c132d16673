import { ManualClock } from "../../env/testing/manual-clock.ts";
import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import { MemoryNetwork } from "./memory-transport.ts";

const STEPS_MAX = 100_000;

/** A clock that stands still and a network in memory, and `drive` to let time pass until a promise settles. */
export function createManualWorld() {
  const clock = new ManualClock();
  const network = new MemoryNetwork(clock);
  const env = { ...quietEnvironment(clock), transport: network };
  return {
    clock,
    network,
    env,
    async drive<T>(promise: Promise<T>): Promise<T> {
      let settled = false;
      const settle = (): void => {
        settled = true;
      };
      promise.then(settle, settle);
      for (let steps = 0; !settled; steps++) {
        if (steps > STEPS_MAX) throw new Error(`Cannot drive: not settled after ${STEPS_MAX} ms`);
        clock.settle();
        // Lets the reactions of promises run before time passes.
        await Promise.resolve();
        await Promise.resolve();
        if (!settled) clock.advance(1);
        await Promise.resolve();
      }
      return promise;
    },
    async close(): Promise<void> {},
  };
}
