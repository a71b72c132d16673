import { readFileSync } from "node:fs";
import { ConfigurationError } from "./node/checked-values.ts";
import type { NodeConfiguration } from "./node/configuration.ts";
import { parseConfiguration } from "./node/parse-configuration.ts";

/** The environment variables that a configuration may come from; an empty one counts as absent. */
export interface ConfigurationVariables {
  /** The whole configuration as JSON text, where no file is given. */
  readonly RINGSIDE_CONFIG?: string | undefined;
  /** Goes before `nodeId`: containers of one service share a configuration, and each knows its own name. */
  readonly RINGSIDE_NODE_ID?: string | undefined;
}

/** The configuration of `file`, or of the environment where there is none. Throws ConfigurationError, one line. */
export function readConfiguration(
  file: string | undefined,
  variables: ConfigurationVariables,
): NodeConfiguration {
  const { RINGSIDE_CONFIG: text, RINGSIDE_NODE_ID: nodeId } = variables;
  const json = file !== undefined ? readJson(file, () => readText(file)) : jsonOf(text);
  return parseConfiguration(withNodeId(json, nodeId), readText);
}

function jsonOf(text: string | undefined): unknown {
  if (text) return readJson("RINGSIDE_CONFIG", () => text);
  throw new ConfigurationError(
    "Cannot start: --config FILE is missing, and RINGSIDE_CONFIG is not set (--help tells more)",
  );
}

function readJson(where: string, read: () => string): unknown {
  try {
    return JSON.parse(read());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = reason.replaceAll(/\s+/g, " ");
    throw new ConfigurationError(`Cannot read ${where}: ${line}`, { cause: error });
  }
}

/** What is no object is left for the parser to refuse. */
function withNodeId(json: unknown, nodeId: string | undefined): unknown {
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  return nodeId && isObject ? { ...json, nodeId } : json;
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
