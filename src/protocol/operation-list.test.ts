import fc from "fast-check";
import { expect, test } from "vitest";
import { isListed, OperationList, placeIn } from "./operation-list.ts";
import { LISTED_BYTES } from "./payload.ts";

/** Few values, so that names repeat and differ late. */
const name = fc
  .array(fc.constantFrom(0, 1), { minLength: LISTED_BYTES, maxLength: LISTED_BYTES })
  .map((bytes) => Uint8Array.from(bytes));

test.each([1, 32, 33, 512])(
  "a list of up to %i has each name once, in the order in which it came",
  (max) => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: max, size: "max" }), (names) => {
        const list = new OperationList(max);
        for (const each of names) list.add(Buffer.concat([Buffer.from("xy"), each]), 2);
        const texts = names.map((each) => each.join(""));
        const unique = [...new Set(texts)];
        expect(list.count).toBe(unique.length);
        const bytes = list.bytes();
        expect(bytes.length).toBe(unique.length * LISTED_BYTES);
        for (const [at, each] of names.entries()) {
          expect(placeIn(bytes, each)).toBe(unique.indexOf(texts[at] ?? "") * LISTED_BYTES);
        }
        expect(isListed(bytes, new Uint8Array(LISTED_BYTES).fill(2))).toBe(false);
      }),
      { numRuns: 20 },
    );
  },
);
