import type { DestinationStream } from "pino";
import { destination, pino, stdTimeFunctions } from "pino";
import type { Log } from "../env/log.ts";

export interface PinoLogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** In every line. */
  readonly nodeId: string;
  /** Where the lines go; standard output unless given. */
  readonly stream?: DestinationStream;
}

/** JSON lines on standard output, written at once, so that the last words before a crash are there. */
export function createPinoLog({ level, nodeId, stream }: PinoLogOptions): Log {
  const logger = pino(
    {
      level,
      base: { nodeId },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream ?? destination({ fd: 1, sync: true }),
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}
