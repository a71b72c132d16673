/** A text on one line, in pixels. */
export interface LabelBox {
  readonly left: number;
  readonly right: number;
  /** Where the line of text stands. */
  readonly baseline: number;
}

const LINE_PX = 12;

/** Who comes first has the room: tells for each label whether it can be read beside those placed before it. */
export class LabelRoom {
  /** Boxes by the row of `LINE_PX` that their baseline is in. */
  readonly #rows = new Map<number, LabelBox[]>();

  /** Takes the room where it is free. False where another label stands in it. */
  take(box: LabelBox): boolean {
    const row = Math.floor(box.baseline / LINE_PX);
    for (const near of [row - 1, row, row + 1]) {
      for (const other of this.#rows.get(near) ?? []) if (overlap(box, other)) return false;
    }
    const boxes = this.#rows.get(row);
    if (boxes === undefined) this.#rows.set(row, [box]);
    else boxes.push(box);
    return true;
  }
}

function overlap(one: LabelBox, other: LabelBox): boolean {
  return (
    Math.abs(one.baseline - other.baseline) < LINE_PX &&
    one.left < other.right &&
    other.left < one.right
  );
}
