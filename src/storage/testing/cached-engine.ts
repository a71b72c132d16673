import { quietEnvironment } from "../../env/testing/quiet-environment.ts";
import { createNodeClock } from "../../platform/node-clock.ts";
import type { Engine } from "../engine.ts";
import { RowCache } from "../row-cache.ts";
import type { EngineUnderTest } from "./engine-suite.ts";

/** Caches for the shared suite: one that keeps everything, and one that keeps a row or two. */
export function cachedVariants({
  name,
  open,
  reopen,
  damage,
}: EngineUnderTest): readonly EngineUnderTest[] {
  return [1_000_000, 1_500].map((sizeBytesMax) => {
    const inner = new WeakMap<Engine, Engine>();
    const cached = (engine: Engine): Engine => {
      const environment = quietEnvironment(createNodeClock());
      const cache = new RowCache(environment, { engine }, { sizeBytesMax });
      inner.set(cache, engine);
      return cache;
    };
    const below = (engine: Engine): Engine => {
      const found = inner.get(engine);
      if (found === undefined) throw new RangeError("Cannot open again: no such engine");
      return found;
    };
    return {
      name: `${name} under a cache of ${sizeBytesMax} bytes`,
      open: async () => cached(await open()),
      ...(reopen && { reopen: async (engine) => cached(await reopen(below(engine))) }),
      ...(damage && {
        damage: async (engine, value) => cached(await damage(below(engine), value)),
      }),
    } satisfies EngineUnderTest;
  });
}
