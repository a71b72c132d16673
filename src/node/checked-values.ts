import { baseUrl, shownUrl } from "../base/base-url.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { parseAddress } from "../env/address.ts";
import type { Member } from "./configuration.ts";

/** A configuration that cannot be used; the message names the field, the reason and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Gives a file's text. Throws Error. */
export type ReadText = (path: string) => string;

/** Of a secret, in characters. */
export const SECRET_LENGTH_MAX = 1_024;
const DATACENTER_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const CAPACITY_MAX = 1_000;

/** Of whom a node may be told where they are. Undefined: of anybody, since others may join. */
export function knownPeers({
  gossipMs,
  members,
}: {
  readonly gossipMs: number;
  readonly members: readonly Member[];
}): readonly Member[] | undefined {
  return gossipMs === 0 ? members : undefined;
}

/** Checks a routing table, node id to address to dial; undefined members: of any node. Throws ConfigurationError. */
export function checkedRoutes(
  name: string,
  value: unknown,
  members: readonly Member[] | undefined,
): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(name, value, "an object of node id to address");
  }
  const routes = Object.entries(value).map(([id, address]) => {
    if (members?.some((member) => member.id === id) === false) {
      throw new ConfigurationError(`Cannot use ${name}: ${JSON.stringify(id)} is no member`);
    }
    return [id, checkedAddress(`${name}.${id}`, address)] as const;
  });
  return Object.fromEntries(routes);
}

export type UncheckedMember = Readonly<Partial<Record<keyof Member, unknown>>>;

export function checkedMember(
  name: string,
  { id, address, clientUrl, datacenter, capacity, ...others }: UncheckedMember,
): Member {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `Cannot use ${name}: it has a field ${JSON.stringify(unknown)}, known are id, address, clientUrl, datacenter and capacity`,
    );
  }
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

export function checkedWhole(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw refusal(name, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

export function checkedId(name: string, value: unknown): NodeId {
  if (typeof value !== "string") throw refusal(name, value, "a text of 1 to 64 characters");
  try {
    return nodeId(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigurationError(`Cannot use ${name}: ${error.message}`, { cause: error });
  }
}

export function checkedSecret(name: string, path: string, readText: ReadText): string {
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

export function checkedAddress(name: string, value: unknown): string {
  if (typeof value !== "string" || portOf(value) === 0) {
    throw refusal(name, value, "host:port with a port from 1 to 65535");
  }
  return value;
}

/** 0 for what nobody can dial. */
function portOf(address: string): number {
  try {
    return parseAddress(address).port;
  } catch (error) {
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

function checkedUrl(name: string, value: unknown): string {
  const url = typeof value === "string" ? baseUrl(value) : undefined;
  if (url === undefined) {
    const shown = typeof value === "string" ? shownUrl(value) : value;
    throw refusal(name, shown, "a URL such as http://host:port");
  }
  return url;
}

export function refusal(name: string, value: unknown, allowed: string): ConfigurationError {
  const shown =
    value === undefined ? "it is missing" : `${JSON.stringify(value)?.slice(0, 80)} is given`;
  return new ConfigurationError(`Cannot use ${name}: ${shown}, allowed is ${allowed}`);
}
