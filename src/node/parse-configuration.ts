import { isTimed } from "../causality/timed-clock.ts";
import { CLOCK_SKEW_MS_MAX, VERSIONING_MODES } from "../causality/versioning.ts";
import { WRITE_COORDINATORS } from "../coordinator/write-candidates.ts";
import { PAGE_BYTES_MAX } from "../protocol/row-page.ts";
import { NOT_FOUND_CHOICES } from "../quorum/get-core.ts";
import { RECORD_LIMITS } from "../replica/record-limits.ts";
import type { ReadText } from "./checked-values.ts";
import { ConfigurationError, knownPeers } from "./checked-values.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { ENGINES } from "./configuration.ts";
import { Fields, N_MAX, PATH_LENGTH_MAX } from "./configuration-fields.ts";
import { ringOptionsOf } from "./ring-options.ts";

/**
 * Checks and completes a parsed JSON configuration. The field `clusterSecretFile` stands for `clusterSecret`: the secret is
 * what `readText` gives, trimmed. Throws ConfigurationError.
 */
export function parseConfiguration(
  json: unknown,
  readText: ReadText = refuseToRead,
): NodeConfiguration {
  const fields = new Fields(json);
  const id = fields.id("nodeId");
  const members = fields.members("members");
  const gossipMs = fields.whole("gossipMs", 0, 3_600_000, 0);
  const n = fields.whole("n", 1, N_MAX, 3);
  const configuration: NodeConfiguration = {
    nodeId: id,
    clusterId: fields.text("clusterId", 64),
    clusterSecret: fields.secret("clusterSecret", "clusterSecretFile", readText),
    httpAddress: fields.address("httpAddress"),
    rpcAddress: fields.address("rpcAddress"),
    members,
    routes: fields.routes("routes", knownPeers({ gossipMs, members })),
    gossipMs,
    engine: fields.oneOf("engine", ENGINES, "lmdb"),
    dataFolder: fields.text("dataFolder", PATH_LENGTH_MAX),
    sync: fields.flag("sync", true),
    writeBufferObjects: fields.whole("writeBufferObjects", 0, 1_000_000, 0),
    writeBufferFlushMs: fields.whole("writeBufferFlushMs", 1, 60_000, 100),
    durableReplicas: fields.whole("durableReplicas", 0, 1, 1),
    durableGatherMs: fields.whole("durableGatherMs", 0, 1_000, 20),
    rowCacheBytes: fields.whole("rowCacheBytes", 0, 4 * 2 ** 30, 16 * 2 ** 20),
    n,
    ...fields.replicasPerDatacenter(PLACEMENT_FIELD),
    r: fields.whole("r", 1, n, Math.min(2, n)),
    w: fields.whole("w", 1, n, Math.min(2, n)),
    quorum: fields.oneOf("quorum", ["sloppy", "strict"], "sloppy"),
    writeCoordinator: fields.oneOf("writeCoordinator", WRITE_COORDINATORS, "any-owner"),
    notFound: fields.oneOf("notFound", NOT_FOUND_CHOICES, "count"),
    readRepair: fields.flag("readRepair", true),
    versioning: fields.oneOf("versioning", VERSIONING_MODES, "dvvset"),
    truncate: fields.oneOf("truncate", ["off", "reaches", "exceeds"], "off"),
    clockEntriesMax: fields.whole("clockEntriesMax", 2, 1_000, RECORD_LIMITS.clockEntriesMax),
    clockSkewMaxMs: fields.whole("clockSkewMaxMs", 1, 86_400_000, CLOCK_SKEW_MS_MAX),
    siblingsWarn: fields.whole("siblingsWarn", 2, 1_000, RECORD_LIMITS.siblingsWarn),
    siblingsMax: fields.whole("siblingsMax", 2, 1_000, RECORD_LIMITS.siblingsMax),
    recordBytesWarn: fields.whole(
      "recordBytesWarn",
      1,
      RECORD_BYTES_MAX,
      RECORD_LIMITS.recordBytesWarn,
    ),
    recordBytesMax: fields.whole(
      "recordBytesMax",
      1,
      RECORD_BYTES_MAX,
      RECORD_LIMITS.recordBytesMax,
    ),
    partitions: fields.whole("partitions", members.length, 65_536, 1_024),
    valueBytesMax: fields.whole("valueBytesMax", 1, RECORD_BYTES_MAX, 1_024 * 1_024),
    requestBytesMax: fields.whole(
      "requestBytesMax",
      PAGE_BYTES_MAX,
      64 * 1_024 ** 3,
      128 * 1_024 * 1_024,
    ),
    requestTimeoutMs: fields.whole("requestTimeoutMs", 10, 60_000, 1_000),
    hedgeMs: fields.whole("hedgeMs", 1, 60_000, 100),
    inFlightMax: fields.whole("inFlightMax", 1, 1_000_000, 1_024),
    peerReadsMax: fields.whole("peerReadsMax", 1, 1_000_000, 2_048),
    peerWritesMax: fields.whole("peerWritesMax", 1, 1_000_000, 2_048),
    exchangeRequestsMax: fields.whole("exchangeRequestsMax", 1, 1_000_000, 64),
    rowPagesMax: fields.whole("rowPagesMax", 1, 1_000, 4),
    stageQueueMax: fields.whole("stageQueueMax", 0, 1_000_000, 256),
    hintScanMs: fields.whole("hintScanMs", 10, 3_600_000, 1_000),
    tombstoneGraceMs: fields.whole("tombstoneGraceMs", 0, 30 * 86_400_000, 3_600_000),
    hintDeliveryBytesPerSecond: fields.whole(
      "hintDeliveryBytesPerSecond",
      4_096,
      1_000_000_000_000,
      2 * 1_024 * 1_024,
    ),
    hintsMax: fields.whole("hintsMax", 0, 100_000_000, 500_000),
    hintBytesMax: fields.whole("hintBytesMax", 0, 1_000_000_000_000, 4 * 1_024 ** 3),
    retryDownMs: fields.whole("retryDownMs", 10, 3_600_000, 500),
    antiEntropyMs: fields.whole("antiEntropyMs", 0, 3_600_000, 15_000),
    antiEntropyKeysPerSecond: fields.whole("antiEntropyKeysPerSecond", 1, 1_000_000, 2_000),
    antiEntropyBytesPerSecond: fields.whole(
      "antiEntropyBytesPerSecond",
      1_024,
      1_024 * 1_024 * 1_024,
      4 * 1_024 * 1_024,
    ),
    verifyTreesMs: fields.whole("verifyTreesMs", 0, 7 * 86_400_000, 3_600_000),
    testFaults: fields.flag("testFaults", false),
    logLevel: fields.oneOf("logLevel", ["debug", "info", "warn", "error"], "info"),
  };
  fields.refuseUnread();
  if (configuration.truncate !== "off" && !isTimed(configuration.versioning)) {
    throw new ConfigurationError(
      `Cannot use truncate ${configuration.truncate} with versioning ${configuration.versioning}: only merged, vector-clock and vector-clock-max have clocks that can be cut`,
    );
  }
  if (gossipMs === 0 && !members.some((member) => member.id === id)) {
    throw new ConfigurationError(
      `Cannot use members: node ${id} is not among ${members.map((member) => member.id).join(", ")}`,
    );
  }
  checkDatacenters(configuration);
  return configuration;
}

function checkDatacenters(configuration: NodeConfiguration): void {
  try {
    ringOptionsOf(configuration);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const field = configuration.replicasPerDatacenter === undefined ? "members" : PLACEMENT_FIELD;
    throw new ConfigurationError(`Cannot use ${field}: ${error.message}`, { cause: error });
  }
}

const PLACEMENT_FIELD = "replicasPerDatacenter";
/** What fits an RPC frame. */
const RECORD_BYTES_MAX = 60 * 1_024 * 1_024;

function refuseToRead(path: string): never {
  throw new Error(`no file can be read here, ${path} neither`);
}
