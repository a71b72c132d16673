/** What became of one item that was sent. */
export interface Sent<Item> {
  readonly item: Item;
  /** With its size in bytes. */
  readonly end: PromiseSettledResult<number>;
}

/** Items under way at once to one peer: enough to fill a round trip. */
const ITEMS_MAX = 16;

/**
 * Sends items to one peer, several at once, and half as many from then on where it had no place for all of them. What it had none for is sent
 * again, until it is refused alone: only then the peer takes nothing. Otherwise one that takes one request at a time would refuse most of them, time
 * and again.
 */
export class SendWindow {
  readonly #wasShed: (reason: unknown) => boolean;
  #itemCount = ITEMS_MAX;

  /** `wasShed` tells of the reason of a rejection whether there was no place. */
  constructor(wasShed: (reason: unknown) => boolean) {
    this.#wasShed = wasShed;
  }

  /** Gives each item once, with how it ended; the next ones are sent when whoever asks goes on. */
  async *send<Item>(
    items: readonly Item[],
    sendOne: (item: Item) => Promise<number>,
  ): AsyncGenerator<readonly Sent<Item>[]> {
    let waiting = items;
    while (waiting.length > 0) {
      const some = waiting.slice(0, this.#itemCount);
      const sent = await Promise.all(some.map((item) => endOf(item, sendOne)));
      const shed = some.length > 1 ? sent.filter(({ end }) => this.#isShed(end)) : [];
      if (shed.length > 0) this.#itemCount = Math.floor(some.length / 2);
      waiting = [...shed.map(({ item }) => item), ...waiting.slice(some.length)];
      yield sent.filter((each) => !shed.includes(each));
    }
  }

  #isShed(end: PromiseSettledResult<number>): boolean {
    return end.status === "rejected" && this.#wasShed(end.reason);
  }
}

function endOf<Item>(item: Item, sendOne: (item: Item) => Promise<number>): Promise<Sent<Item>> {
  return sendOne(item).then(
    (value) => ({ item, end: { status: "fulfilled", value } }),
    (reason: unknown) => ({ item, end: { status: "rejected", reason } }),
  );
}
