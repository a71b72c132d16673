import { parseArgs } from "node:util";
import { ROWS_PATH } from "./http/admin-rows.ts";
import { nodeHandler } from "./http/node-handler.ts";
import { bufferedEngine } from "./node/buffered-engine.ts";
import { ConfigurationError } from "./node/checked-values.ts";
import { configurationDoubts } from "./node/configuration-doubts.ts";
import { DynamoNode } from "./node/node.ts";
import { startHttpServer } from "./platform/http-server.ts";
import { createNodeEnvironment } from "./platform/node-environment.ts";
import { openEngine } from "./platform/open-engine.ts";
import { PAGE_BYTES_MAX } from "./protocol/row-page.ts";
import { readConfiguration } from "./read-configuration.ts";

const USAGE = `Starts one node of a Ringside cluster.

  npm start -- --config FILE

  --config FILE        the node's configuration, a JSON object; its fields are described in
                       src/node/configuration.ts; without it the object is taken from the
                       environment variable RINGSIDE_CONFIG
  --restored           the data come from a backup: for a cluster of which every node was restored,
                       in which no peer can tell
  --exit-with-stdin    stop when standard input closes, for a parent that wants no orphans
  --help               this text

RINGSIDE_NODE_ID in the environment goes before the configuration's nodeId.
SIGTERM or SIGINT: refuses new requests, finishes those under way, exits with 0.
Exit status: 0 stopped, 1 failed, 64 bad use or bad configuration.
`;

/** Whole of a request, head and body, on the way in. */
const HTTP_REQUEST_TIMEOUT_MS = 10_000;
/** Whole of an answer on the way out: the longest one at a megabyte a second, and some. */
const HTTP_RESPONSE_TIMEOUT_MS = 90_000;
/** What an operator says fits, however small values are. */
const ADMIN_BODY_BYTES_MAX = 65_536;
/** A context of the largest size and other headers beside it. */
const HTTP_HEADER_BYTES_MAX = 32_768;

/** Starts the node that the arguments ask for; resolves once it serves. Throws ConfigurationError on bad use. */
export async function startNode(argv: readonly string[]): Promise<void> {
  const { config, help, restored, "exit-with-stdin": exitWithStdin } = readArguments(argv);
  if (help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const configuration = readConfiguration(config, process.env);
  const { nodeId, logLevel } = configuration;
  const environment = createNodeEnvironment({ nodeId, logLevel });
  for (const doubt of configurationDoubts(configuration)) environment.log.warn({}, doubt);
  const { dataFolder: folder } = configuration;
  const engine = bufferedEngine(environment, configuration, {
    engine: await openEngine({ ...configuration, folder }),
  });
  const isRestored = restored === true;
  const node = await DynamoNode.start(environment, { configuration, engine, isRestored });
  const http = await startHttpServer(environment, {
    address: configuration.httpAddress,
    handler: nodeHandler(environment, node, () => environment.metricsText()),
    limits: {
      // A value is looked at again; orders of operators are as long as ever.
      bodyBytesMax: Math.max(configuration.valueBytesMax, ADMIN_BODY_BYTES_MAX),
      bodyBytesMaxOf: new Map([[ROWS_PATH, PAGE_BYTES_MAX]]),
      heldBytesMax: configuration.requestBytesMax,
      headerBytesMax: HTTP_HEADER_BYTES_MAX,
      requestTimeoutMs: HTTP_REQUEST_TIMEOUT_MS,
      responseTimeoutMs: HTTP_RESPONSE_TIMEOUT_MS,
    },
  });
  environment.log.info({ http: http.address, rpc: configuration.rpcAddress }, "Node serves");

  let stopping = false;
  const stop = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    environment.log.info({ reason }, "Node stops");
    node.refuseRequests();
    const stopped = http.close().then(() => node.stop());
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        environment.log.error({ err: error }, "Cannot stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  if (exitWithStdin === true) {
    process.stdin.on("end", () => stop("standard input closed")).resume();
  }
}

/** 64 for what the user can put right in the call or the file, else 1. */
export function exitStatusOf(error: unknown): number {
  return error instanceof ConfigurationError ? 64 : 1;
}

function readArguments(argv: readonly string[]): {
  config?: string;
  help?: boolean;
  restored?: boolean;
  "exit-with-stdin"?: boolean;
} {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: "string" },
        help: { type: "boolean" },
        restored: { type: "boolean" },
        "exit-with-stdin": { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`Cannot read the arguments: ${reason}`, { cause: error });
  }
}
