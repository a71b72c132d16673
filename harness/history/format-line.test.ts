import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLine } from "./format-line.ts";
import type { Operation } from "./operation.ts";

const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constant('a"b\\c\n\u2028'));
const operations: fc.Arbitrary<Operation> = fc.record(
  {
    index: fc.nat(),
    process: fc.nat(),
    node: texts,
    type: fc.constantFrom("invoke", "ok", "fail", "info"),
    f: texts,
    key: texts,
    value: fc.oneof(fc.constant(null), texts, fc.array(texts), fc.jsonValue()),
    timeNs: fc.maxSafeNat(),
    intendedNs: fc.maxSafeNat(),
    error: texts,
    readSet: fc.array(texts),
    versions: fc.nat(),
    wrote: texts,
    saw: fc.array(texts),
  },
  {
    requiredKeys: ["index", "process", "node", "type", "f", "key", "value", "timeNs", "intendedNs"],
  },
);

test("formatLine() writes the JSON that JSON.stringify would, without newlines", () => {
  fc.assert(
    fc.property(operations, (operation) => {
      const text = formatLine(operation);
      expect(text).not.toMatch(/[\n\r]/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(operation)));
    }),
  );
});
