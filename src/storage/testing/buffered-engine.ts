import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import { createNodeClock } from "../../platform/node-clock.ts";
import type { Engine } from "../engine.ts";
import { WriteBuffer } from "../write-buffer.ts";
import type { EngineUnderTest } from "./engine-suite.ts";

const TIMES = { flushMs: 100, gatherMs: 20 };

/** Buffers for the shared suite: one that hardly ever flushes by itself, and one that is nearly always full. */
export function bufferedVariants({
  name,
  open,
  reopen,
}: EngineUnderTest): readonly EngineUnderTest[] {
  return [1_000, 3].map((objectsMax) => {
    const inner = new WeakMap<Engine, Engine>();
    const buffered = (engine: Engine): Engine => {
      const environment = quietEnvironment(createNodeClock());
      const buffer = new WriteBuffer(environment, { engine }, { objectsMax, ...TIMES });
      inner.set(buffer, engine);
      return buffer;
    };
    const variant = {
      name: `${name} under a buffer of ${objectsMax}`,
      open: async () => buffered(await open()),
    };
    if (reopen === undefined) return variant;
    return {
      ...variant,
      reopen: async (engine: Engine) => {
        const below = inner.get(engine);
        if (below === undefined) throw new RangeError("Cannot open again: no such engine");
        return buffered(await reopen(below));
      },
    };
  });
}
