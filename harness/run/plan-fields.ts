/** A plan file that cannot be read. The message is one line, names the file and says what is allowed. */
export class PlanFileError extends Error {
  override readonly name = "PlanFileError";
}

type Refuse = (sentence: string) => never;

const SHOWN_LENGTH_MAX = 60;

/**
 * The fields of one object of a foreign JSON file. Each reader checks one field and refuses, by the function that it was
 * given, one that is not as it must be; `end` refuses fields that nobody asked for.
 */
export class PlanFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #refuse: Refuse;
  readonly #asked = new Set<string>();

  /** `path` names the object inside the file, for example `run`; empty for the file as a whole. */
  constructor(value: unknown, path: string, refuse: Refuse) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuse(`${path === "" ? "it" : path} is ${shown(value)}, allowed is an object`);
    }
    this.#values = { ...value };
    this.#path = path;
    this.#refuse = refuse;
  }

  /** Those of the object that a file's text is, as JSON. */
  static ofText(text: string, refuse: Refuse): PlanFields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The parser quotes the text, which may have any number of lines.
      refuse(`it is not JSON (${error.message.replaceAll(/\s+/g, " ")})`);
    }
    return new PlanFields(value, "", refuse);
  }

  value(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  whole(name: string, min: number, max: number): number {
    const value = this.value(name);
    if (!Number.isSafeInteger(value) || !isWithin(value, min, max)) {
      this.refuse(name, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  number(name: string, min: number, max: number): number {
    const value = this.value(name);
    if (!Number.isFinite(value) || !isWithin(value, min, max)) {
      this.refuse(name, `a number from ${min} to ${max}`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== "boolean") this.refuse(name, "true or false");
    return value;
  }

  text(name: string, lengthMax: number): string {
    const value = this.value(name);
    if (typeof value !== "string" || value.length > lengthMax) {
      this.refuse(name, `a text of at most ${lengthMax} characters`);
    }
    return value;
  }

  oneOf<T extends string | number>(name: string, allowed: readonly T[]): T {
    const value = this.value(name);
    const found = allowed.find((each) => each === value);
    if (found === undefined) this.refuse(name, allowed.join(", "));
    return found;
  }

  /** A list of allowed words. */
  someOf<T extends string>(name: string, lengthMax: number, allowed: readonly T[]): readonly T[] {
    return this.list(name, lengthMax, (value) => {
      const found = allowed.find((each) => each === value);
      return found ?? this.refuse(name, `a list of some of ${allowed.join(", ")}`);
    });
  }

  object(name: string): PlanFields {
    return new PlanFields(this.value(name), this.#at(name), this.#refuse);
  }

  /** The entries of a list, each as `read` takes it, with its place in the file for sentences. */
  list<T>(
    name: string,
    lengthMax: number,
    read: (value: unknown, path: string) => T,
  ): readonly T[] {
    const value = this.value(name);
    if (!Array.isArray(value) || value.length > lengthMax) {
      this.refuse(name, `a list of at most ${lengthMax} entries`);
    }
    return value.map((entry, at) => read(entry, `${this.#at(name)}[${at}]`));
  }

  /** The names of all fields, for objects whose fields are not known beforehand. */
  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** Refuses a field that no reader has asked for. */
  end(): void {
    const extra = this.names().find((name) => !this.#asked.has(name));
    if (extra !== undefined) this.#refuse(`it has an unknown field ${shown(this.#at(extra))}`);
  }

  refuse(name: string, allowed: string): never {
    return this.#refuse(`${this.#at(name)} is ${shown(this.value(name))}, allowed is ${allowed}`);
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

/** Short, on one line, and in quotes where it is a text. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}
