/*
 * Deadlines of calls. Nearly every call is answered long before its deadline, so setting and dropping one must cost next to nothing, and
 * firing may be a few milliseconds late, though never early.
 *
 * A wheel of slots of 4 ms (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987): a deadline is a link in its slot's ring
 * list, dropped in constant time, and one timer of the clock is set to the next slot that holds anything. Deadlines beyond one
 * turn of the wheel stay in their slot until their turn comes.
 */
import type { Clock, Timer } from "../env/clock.ts";

/** Something with a deadline. The wheel owns all fields; one that is in no wheel points to itself. */
export abstract class Deadline {
  nextDeadline: Deadline = this;
  previousDeadline: Deadline = this;
  deadlineTick = 0;

  /** Called once, from the clock's timer, after the deadline passed; the wheel has forgotten it already. */
  abstract onDeadline(): void;
}

const TICK_MS = 4;
const SLOT_COUNT = 512;

export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots: readonly Deadline[] = Array.from({ length: SLOT_COUNT }, () => new SlotHead());
  /** All ticks up to this one have been looked at. */
  #doneTick: number;
  #armedTick = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#doneTick = Math.floor(clock.monotonicMs() / TICK_MS);
  }

  add(deadline: Deadline, nowMs: number, timeoutMs: number): void {
    const tick = Math.max(this.#doneTick + 1, Math.ceil((nowMs + timeoutMs) / TICK_MS));
    deadline.deadlineTick = tick;
    const head = this.#slotOf(tick);
    deadline.previousDeadline = head.previousDeadline;
    deadline.nextDeadline = head;
    head.previousDeadline.nextDeadline = deadline;
    head.previousDeadline = deadline;
    if (tick < this.#armedTick) this.#arm(tick, nowMs);
  }

  /** Does nothing for one that is in no wheel. */
  remove(deadline: Deadline): void {
    deadline.previousDeadline.nextDeadline = deadline.nextDeadline;
    deadline.nextDeadline.previousDeadline = deadline.previousDeadline;
    deadline.nextDeadline = deadline;
    deadline.previousDeadline = deadline;
  }

  #slotOf(tick: number): Deadline {
    const head = this.#slots[tick % SLOT_COUNT];
    if (head === undefined) throw new RangeError(`Cannot find the slot of tick ${tick}`);
    return head;
  }

  #arm(tick: number, nowMs: number): void {
    this.#timer?.cancel();
    this.#armedTick = tick;
    this.#timer = this.#clock.setTimer(Math.max(0, tick * TICK_MS - nowMs), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#armedTick = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const nowTick = Math.floor(nowMs / TICK_MS);
    // After a pause longer than a turn of the wheel, one look at each slot finds everything.
    const firstTick = Math.max(this.#doneTick + 1, nowTick - SLOT_COUNT + 1);
    this.#doneTick = Math.max(this.#doneTick, nowTick);
    for (let tick = firstTick; tick <= nowTick; tick++) this.#expire(this.#slotOf(tick), nowTick);
    this.#armNext(nowTick);
  }

  /** Fires what is due in a slot. Callbacks may add and remove deadlines: they are first moved to a list of their own. */
  #expire(head: Deadline, nowTick: number): void {
    const due: Deadline[] = [];
    for (let entry = head.nextDeadline; entry !== head; entry = entry.nextDeadline) {
      if (entry.deadlineTick <= nowTick) due.push(entry);
    }
    for (const entry of due) {
      // One that an earlier callback removed points to itself.
      if (entry.nextDeadline === entry) continue;
      this.remove(entry);
      entry.onDeadline();
    }
  }

  #armNext(nowTick: number): void {
    for (let tick = nowTick + 1; tick <= nowTick + SLOT_COUNT; tick++) {
      const head = this.#slotOf(tick);
      if (head.nextDeadline === head) continue;
      if (tick < this.#armedTick) this.#arm(tick, this.#clock.monotonicMs());
      return;
    }
  }
}

class SlotHead extends Deadline {
  override onDeadline(): void {}
}
