import { baseUrl } from "../base/base-url.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { isTimed } from "../causality/timed-clock.ts";
import { CLOCK_SKEW_MS_MAX, VERSIONING_MODES } from "../causality/versioning.ts";
import { WRITE_COORDINATORS } from "../coordinator/write-candidates.ts";
import { NOT_FOUND_CHOICES } from "../quorum/get-core.ts";
import { RECORD_LIMITS } from "../replica/record-limits.ts";
import type { Member, NodeConfiguration } from "./configuration.ts";
import { ENGINES } from "./configuration.ts";
import { ringOptionsOf } from "./ring-options.ts";

/** A configuration that cannot be used; the message names the field, the reason and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Gives a file's text. Throws Error. */
export type ReadText = (path: string) => string;

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
  const n = fields.whole("n", 1, N_MAX, 3);
  const configuration: NodeConfiguration = {
    nodeId: id,
    clusterId: fields.text("clusterId", 64),
    clusterSecret: fields.secret("clusterSecret", "clusterSecretFile", readText),
    httpAddress: fields.address("httpAddress"),
    rpcAddress: fields.address("rpcAddress"),
    members,
    routes: fields.routes("routes", members),
    engine: fields.oneOf("engine", ENGINES, "lmdb"),
    dataFolder: fields.text("dataFolder", PATH_LENGTH_MAX),
    sync: fields.flag("sync", true),
    writeBufferObjects: fields.whole("writeBufferObjects", 0, 1_000_000, 0),
    writeBufferFlushMs: fields.whole("writeBufferFlushMs", 1, 60_000, 100),
    durableReplicas: fields.whole("durableReplicas", 0, 1, 1),
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
  if (!members.some((member) => member.id === id)) {
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
const DATACENTER_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const CAPACITY_MAX = 1_000;
const N_MAX = 64;
const SECRET_LENGTH_MAX = 1_024;
/** What fits an RPC frame. */
const RECORD_BYTES_MAX = 60 * 1_024 * 1_024;
const PATH_LENGTH_MAX = 4_096;
const ADDRESS_PATTERN = /^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/;

class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(json: unknown) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new ConfigurationError("Cannot use the configuration: it is not a JSON object");
    }
    this.#values = json as Record<string, unknown>;
  }

  id(name: string): NodeId {
    return checkedId(name, this.#value(name));
  }

  text(name: string, lengthMax: number): string {
    const value = this.#value(name);
    if (typeof value !== "string" || value.length < 1 || value.length > lengthMax) {
      throw refusal(name, value, `a text of 1 to ${lengthMax} characters`);
    }
    return value;
  }

  optionalText(name: string, lengthMax: number): string | undefined {
    return this.#value(name) === undefined ? undefined : this.text(name, lengthMax);
  }

  /** The text of one field, or the content of the file that another one names; undefined where neither is there. */
  secret(name: string, fileName: string, readText: ReadText): string | undefined {
    const secret = this.optionalText(name, SECRET_LENGTH_MAX);
    const path = this.optionalText(fileName, PATH_LENGTH_MAX);
    if (path === undefined) return secret;
    if (secret !== undefined) {
      throw new ConfigurationError(
        `Cannot use ${fileName}: ${name} is given too, one of them is allowed`,
      );
    }
    return checkedSecret(fileName, path, readText);
  }

  address(name: string): string {
    return checkedAddress(name, this.#value(name));
  }

  whole(name: string, min: number, max: number, fallback: number): number {
    const value = this.#value(name);
    return value === undefined ? fallback : checkedWhole(name, value, min, max);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#value(name);
    if (value === undefined) return fallback;
    if (typeof value !== "boolean") throw refusal(name, value, "true or false");
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.#value(name);
    if (value === undefined) return fallback;
    const found = allowed.find((each) => each === value);
    if (found === undefined) throw refusal(name, value, `one of ${allowed.join(", ")}`);
    return found;
  }

  members(name: string): readonly Member[] {
    const value = this.#value(name);
    if (!Array.isArray(value) || value.length < 1 || value.length > 1_000) {
      throw refusal(
        name,
        value,
        "a list of 1 to 1000 objects {id, address, clientUrl?, datacenter?, capacity?}",
      );
    }
    const members = value.map((each: unknown, position) =>
      checkedMember(`${name}[${position}]`, (each ?? {}) as UncheckedMember),
    );
    if (new Set(members.map((member) => member.id)).size < members.length) {
      throw new ConfigurationError(`Cannot use ${name}: a node id stands there twice`);
    }
    return members;
  }

  replicasPerDatacenter(name: string): Pick<NodeConfiguration, "replicasPerDatacenter"> {
    const value = this.#value(name);
    if (value === undefined) return {};
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refusal(name, value, "an object of datacenter to number of replicas");
    }
    const entries = Object.entries(value).map(
      ([datacenter, count]) =>
        [datacenter, checkedWhole(`${name}.${datacenter}`, count, 0, N_MAX)] as const,
    );
    return { replicasPerDatacenter: Object.fromEntries(entries) };
  }

  routes(name: string, members: readonly Member[]): Readonly<Record<string, string>> {
    const value = this.#value(name);
    return value === undefined ? {} : checkedRoutes(name, value, members);
  }

  refuseUnread(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#read.has(name)) {
        throw new ConfigurationError(
          `Cannot use the field ${JSON.stringify(name)}: known are ${[...this.#read].join(", ")}`,
        );
      }
    }
  }

  #value(name: string): unknown {
    this.#read.add(name);
    return this.#values[name];
  }
}

/** Checks a routing table, node id to address to dial. Throws ConfigurationError. */
export function checkedRoutes(
  name: string,
  value: unknown,
  members: readonly Member[],
): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(name, value, "an object of node id to address");
  }
  const routes: Record<string, string> = {};
  for (const [id, address] of Object.entries(value)) {
    if (!members.some((member) => member.id === id)) {
      throw new ConfigurationError(`Cannot use ${name}: ${JSON.stringify(id)} is no member`);
    }
    routes[id] = checkedAddress(`${name}.${id}`, address);
  }
  return routes;
}

type UncheckedMember = Readonly<Partial<Record<keyof Member, unknown>>>;

function checkedMember(
  name: string,
  { id, address, clientUrl, datacenter, capacity }: UncheckedMember,
): Member {
  return {
    id: checkedId(`${name}.id`, id),
    address: checkedAddress(`${name}.address`, address),
    ...(clientUrl !== undefined && { clientUrl: checkedUrl(`${name}.clientUrl`, clientUrl) }),
    ...(datacenter !== undefined && {
      datacenter: checkedDatacenter(`${name}.datacenter`, datacenter),
    }),
    ...(capacity !== undefined && {
      capacity: checkedWhole(`${name}.capacity`, capacity, 1, CAPACITY_MAX),
    }),
  };
}

function checkedDatacenter(name: string, value: unknown): string {
  if (typeof value !== "string" || !DATACENTER_PATTERN.test(value)) {
    throw refusal(name, value, "a text of 1 to 64 characters of A-Z a-z 0-9 . _ -");
  }
  return value;
}

function checkedWhole(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw refusal(name, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

function checkedId(name: string, value: unknown): NodeId {
  if (typeof value !== "string") throw refusal(name, value, "a text of 1 to 64 characters");
  try {
    return nodeId(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigurationError(`Cannot use ${name}: ${error.message}`, { cause: error });
  }
}

function checkedSecret(name: string, path: string, readText: ReadText): string {
  let text: string;
  try {
    text = readText(path).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`Cannot use ${name}: ${reason}`, { cause: error });
  }
  if (text.length < 1 || text.length > SECRET_LENGTH_MAX) {
    throw new ConfigurationError(
      `Cannot use ${name}: ${path} holds ${text.length} characters, allowed are 1 to ${SECRET_LENGTH_MAX}`,
    );
  }
  return text;
}

function refuseToRead(path: string): never {
  throw new Error(`no file can be read here, ${path} neither`);
}

function checkedAddress(name: string, value: unknown): string {
  const match = typeof value === "string" ? ADDRESS_PATTERN.exec(value) : null;
  const port = Number(match?.[1] ?? -1);
  if (typeof value !== "string" || port < 1 || port > 65_535) {
    throw refusal(name, value, "host:port with a port from 1 to 65535");
  }
  return value;
}

function checkedUrl(name: string, value: unknown): string {
  const url = typeof value === "string" ? baseUrl(value) : undefined;
  if (url === undefined) throw refusal(name, value, "a URL such as http://host:port");
  return url;
}

function refusal(name: string, value: unknown, allowed: string): ConfigurationError {
  const shown =
    value === undefined ? "it is missing" : `${JSON.stringify(value)?.slice(0, 80)} is given`;
  return new ConfigurationError(`Cannot use ${name}: ${shown}, allowed is ${allowed}`);
}
