import { describe, expect, test } from "vitest";
import { HistoryError } from "./history-error.ts";
import { readHistory } from "./read-history.ts";

const HEADER = '{"format":"ringside-history","version":1,"workload":"w","seed":1,"nodes":["n1"]}';
const operation = (index: number, more: object = {}) =>
  JSON.stringify({
    index,
    process: 0,
    node: "n1",
    type: "invoke",
    f: "add",
    key: "k",
    value: "i",
    timeNs: index,
    intendedNs: 0,
    ...more,
  });
const text = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

describe("readHistory()", () => {
  test("uses everything before a last line that was cut short, at every length", () => {
    const last = operation(1);
    const whole = text(HEADER, operation(0));
    for (let length = 1; length < last.length; length++) {
      const history = readHistory(whole + last.slice(0, length));
      expect(history.lines.length).toBe(1);
      expect(history.truncated).toContain("line (3) was cut short");
    }
    expect(readHistory(whole + last)).toMatchObject({ lines: [{ index: 0 }, { index: 1 }] });
    expect(readHistory(whole).truncated).toBeUndefined();
  });

  test("reads lines as it reads text", () => {
    const lines = [HEADER, operation(0), operation(1)];
    expect(readHistory(lines)).toEqual(readHistory(text(...lines)));
  });

  test.each([
    ["an empty file", "", "Cannot read the history: it is empty"],
    [
      "a header cut short",
      HEADER.slice(0, 20),
      "Cannot read line 1 of the history: it is not JSON",
    ],
    [
      "another format",
      text('{"format":"other"}'),
      'line 1 of the history: format "other" is not "ringside-history"',
    ],
    [
      "another version",
      text(HEADER.replace(":1,", ":2,")),
      "line 1 of the history: version 2 is not 1",
    ],
    [
      "a corrupt line inside",
      text(HEADER, operation(0), "{oops", operation(1)),
      "Cannot read line 3 of the history: it is not JSON",
    ],
    [
      "a gap",
      text(HEADER, operation(0), operation(2)),
      "line 3 of the history: its index is 2, expected 1",
    ],
    [
      "an unknown type",
      text(HEADER, operation(0, { type: "maybe" })),
      'line 2 of the history: type "maybe" is not known',
    ],
    ...["[]", '["n1",2]', '"n1"'].map((members): [string, string, string] => [
      `members ${members}`,
      text(HEADER, `{"index":0,"type":"marker","name":"healed","timeNs":1,"members":${members}}`),
      "expected a list of at least one name",
    ]),
    [
      "a bad field",
      text(HEADER, operation(0, { process: -1 })),
      "line 2 of the history: process is -1, expected a whole number",
    ],
    ["a missing value", text(HEADER, operation(0, { value: undefined })), "value is missing"],
    ["a line that is no object", text(HEADER, "7"), "line 2 of the history: it is not an object"],
  ])("refuses %s in one line", (_, source, message) => {
    expect(() => readHistory(source)).toThrow(HistoryError);
    expect(() => readHistory(source)).toThrow(message);
  });
});
