import { byteString } from "./byte-strings.ts";
import type { TableName, Write } from "./engine.ts";
import { TABLE_NAMES } from "./engine.ts";

/** One version of a row on its way to the engine below. */
export interface Slot {
  readonly write: Write;
  readonly key: string;
  /**
   * `held`: acknowledged and nowhere else. `flushing`: acknowledged, and handed to the engine below. `through`: handed to the
   * engine below, and acknowledged only when that has it.
   */
  state: "held" | "flushing" | "through";
  /** The newer acknowledged version that stands for it since it went without having been stored. */
  replacedBy?: Slot;
}

/**
 * The rows of a write buffer. Each row has the versions that the engine below may not have yet, oldest first; its last is
 * what reads see. A version goes once it, or a newer one of its row, is stored below; one that could not be stored goes where
 * nobody was told that it is there, and an older one, acknowledged before, shows again.
 */
export class BufferedRows {
  readonly #tables: ReadonlyMap<TableName, Map<string, Slot[]>> = new Map(
    TABLE_NAMES.map((name) => [name, new Map<string, Slot[]>()]),
  );
  #count = 0;
  #sizeBytes = 0;

  /** Versions that were acknowledged and are not known to be stored below. */
  get count(): number {
    return this.#count;
  }

  /** What keys and values of those take. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What reads see of a row, where that is not in the engine below alone. */
  get(table: TableName, key: Uint8Array): Write | undefined {
    const rows = this.#table(table);
    return rows.size === 0 ? undefined : rows.get(byteString(key))?.at(-1)?.write;
  }

  /** The same for every such row of a table. */
  *of(table: TableName): Iterable<Write> {
    for (const slots of this.#table(table).values()) {
      const last = slots.at(-1);
      if (last !== undefined) yield last.write;
    }
  }

  /** How many more versions there would be, and how many more bytes, with these writes held. */
  growth(writes: readonly Write[]): { readonly count: number; readonly sizeBytes: number } {
    let count = 0;
    let sizeBytes = 0;
    for (const write of writes) {
      const last = this.#table(write.table).get(byteString(write.key))?.at(-1);
      const replaced = last?.state === "held" ? last : undefined;
      count += replaced === undefined ? 1 : 0;
      sizeBytes += sizeOf(write) - (replaced === undefined ? 0 : sizeOf(replaced.write));
    }
    return { count, sizeBytes };
  }

  /** Takes an acknowledged write; true where it took the place of one that was never handed on. */
  hold(write: Write): boolean {
    const slot: Slot = { write, key: byteString(write.key), state: "held" };
    const slots = this.#slotsOf(slot);
    const replaced = slots.at(-1)?.state === "held" ? slots.pop() : undefined;
    if (replaced !== undefined) {
      this.#forget(replaced);
      replaced.replacedBy = slot;
    }
    slots.push(slot);
    this.#count += 1;
    this.#sizeBytes += sizeOf(write);
    return replaced !== undefined;
  }

  /** Shows a write that is handed to the engine below at once. */
  passThrough(write: Write): Slot {
    const slot: Slot = { write, key: byteString(write.key), state: "through" };
    this.#slotsOf(slot).push(slot);
    return slot;
  }

  /** The rows whose newest version is held, marked as handed on. */
  takeHeld(): readonly Slot[] {
    return this.#newest((state) => state === "held");
  }

  /** The newest version of each row, where that is acknowledged, whether it was handed on before or not; marked as handed on. */
  takeAcknowledged(): readonly Slot[] {
    return this.#newest((state) => state !== "through");
  }

  /** The newest acknowledged version of each row, also where one that passes through hides it. */
  acknowledged(): readonly Slot[] {
    const slotsOfAll = [...this.#tables.values()].flatMap((rows) => [...rows.values()]);
    return slotsOfAll.flatMap((slots) => slots.findLast(({ state }) => state !== "through") ?? []);
  }

  /**
   * True while the engine below may yet fail to store the version that hides this one, or the one that stands for it, and that one
   * would show again.
   */
  isHidden(slot: Slot): boolean {
    const slots = this.#table(slot.write.table).get(slot.key) ?? [];
    return slots.includes(standIn(slot)) && slots.at(-1)?.state === "through";
  }

  /** The engine below has these versions: they go, and all older ones of their rows. */
  stored(taken: readonly Slot[]): void {
    for (const slot of taken) {
      const slots = this.#slotsOf(slot);
      for (const gone of slots.splice(0, slots.indexOf(slot) + 1)) this.#forget(gone);
      this.#removeEmpty(slot, slots);
    }
  }

  /** The engine below could not store these. What was acknowledged is held again, the rest goes. */
  failed(taken: readonly Slot[]): void {
    for (const slot of taken) {
      const slots = this.#slotsOf(slot);
      const at = slots.indexOf(slot);
      const newer = slots.slice(at + 1).find(({ state }) => state !== "through");
      if (at >= 0 && (slot.state === "through" || newer !== undefined)) {
        slots.splice(at, 1);
        this.#forget(slot);
        if (slot.state !== "through" && newer !== undefined) slot.replacedBy = newer;
      } else {
        slot.state = "held";
      }
      this.#removeEmpty(slot, slots);
    }
  }

  #newest(mayTake: (state: Slot["state"]) => boolean): readonly Slot[] {
    const taken: Slot[] = [];
    for (const rows of this.#tables.values()) {
      for (const slots of rows.values()) {
        const last = slots.at(-1);
        if (last !== undefined && mayTake(last.state)) {
          last.state = "flushing";
          taken.push(last);
        }
      }
    }
    return taken;
  }

  #forget({ state, write }: Slot): void {
    if (state !== "through") {
      this.#count -= 1;
      this.#sizeBytes -= sizeOf(write);
    }
  }

  #slotsOf({ write: { table }, key }: Slot): Slot[] {
    const rows = this.#table(table);
    let slots = rows.get(key);
    if (slots === undefined) {
      slots = [];
      rows.set(key, slots);
    }
    return slots;
  }

  #removeEmpty({ write: { table }, key }: Slot, slots: readonly Slot[]): void {
    if (slots.length === 0) this.#table(table).delete(key);
  }

  #table(name: TableName): Map<string, Slot[]> {
    const table = this.#tables.get(name);
    if (table === undefined) {
      throw new RangeError(`Cannot find table ${name}: there is no such table`);
    }
    return table;
  }
}

function standIn(slot: Slot): Slot {
  let last = slot;
  while (last.replacedBy !== undefined) last = last.replacedBy;
  return last;
}

function sizeOf({ key, value }: Write): number {
  return key.length + (value?.length ?? 0);
}
