import type { BufferWatch } from "../storage/buffer-watch.ts";
import type { Engine } from "../storage/engine.ts";
import { RowCache } from "../storage/row-cache.ts";
import type { WriteBufferEnvironment } from "../storage/write-buffer.ts";
import { WriteBuffer } from "../storage/write-buffer.ts";
import type { NodeConfiguration } from "./configuration.ts";

type EngineSettings = Pick<
  NodeConfiguration,
  "engine" | "writeBufferObjects" | "writeBufferFlushMs" | "durableGatherMs" | "rowCacheBytes"
>;

/** The engine as the configuration wants it: under a cache and under a write buffer, or as it is. */
export function bufferedEngine(
  environment: WriteBufferEnvironment,
  configuration: EngineSettings,
  parts: { readonly engine: Engine; readonly watch?: BufferWatch },
): Engine {
  const { writeBufferObjects: objectsMax, writeBufferFlushMs: flushMs } = configuration;
  const { durableGatherMs: gatherMs } = configuration;
  const { engine: kind, rowCacheBytes: sizeBytesMax } = configuration;
  const isCached = kind !== "memory" && sizeBytesMax > 0;
  // A buffer tells of each read itself.
  const watch = objectsMax === 0 ? parts.watch : undefined;
  const engine = isCached
    ? new RowCache(environment, { engine: parts.engine, watch }, { sizeBytesMax })
    : parts.engine;
  return objectsMax === 0
    ? engine
    : new WriteBuffer(environment, { ...parts, engine }, { objectsMax, flushMs, gatherMs });
}
