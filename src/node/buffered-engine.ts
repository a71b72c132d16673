import type { BufferWatch } from "../storage/buffer-watch.ts";
import type { Engine } from "../storage/engine.ts";
import type { WriteBufferEnvironment } from "../storage/write-buffer.ts";
import { WriteBuffer } from "../storage/write-buffer.ts";
import type { NodeConfiguration } from "./configuration.ts";

/** The engine as the configuration wants it: under a write buffer, or as it is. */
export function bufferedEngine(
  environment: WriteBufferEnvironment,
  configuration: Pick<NodeConfiguration, "writeBufferObjects" | "writeBufferFlushMs">,
  parts: { readonly engine: Engine; readonly watch?: BufferWatch },
): Engine {
  const { writeBufferObjects: objectsMax, writeBufferFlushMs: flushMs } = configuration;
  return objectsMax === 0
    ? parts.engine
    : new WriteBuffer(environment, parts, { objectsMax, flushMs });
}
