import type { NodeId } from "../base/ids.ts";
import type { ReadText, UncheckedMember } from "./checked-values.ts";
import {
  ConfigurationError,
  checkedAddress,
  checkedId,
  checkedMember,
  checkedRoutes,
  checkedSecret,
  checkedWhole,
  refusal,
  SECRET_LENGTH_MAX,
} from "./checked-values.ts";
import type { Member, NodeConfiguration } from "./configuration.ts";

/** Of a path, in characters. */
export const PATH_LENGTH_MAX = 4_096;
/** Copies of a key at most. */
export const N_MAX = 64;

/** The fields of a JSON configuration, each checked as it is read. What is read is known: whatever else is there is refused. */
export class Fields {
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
    const isText = typeof value === "string" && value.isWellFormed();
    if (!isText || value.length < 1 || value.length > lengthMax) {
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

  routes(name: string, members: readonly Member[] | undefined): Readonly<Record<string, string>> {
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
