import { expect, test } from "vitest";
import { mapBytesWithin } from "./lmdb-map.ts";

const GIB = 2 ** 30;

/** As Linux writes it. */
function limitsWith(soft: string, hard = "unlimited"): string {
  return [
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max locked memory         8388608              8388608              bytes     ",
    `Max address space         ${soft.padEnd(20)} ${hard.padEnd(20)} bytes     `,
    "Max file locks            unlimited            unlimited            locks     ",
    "",
  ].join("\n");
}

test.each([
  ["no limit", limitsWith("unlimited"), 16 * GIB],
  ["only a hard one", limitsWith("unlimited", `${20 * GIB}`), 16 * GIB],
  ["room for the map and more", limitsWith(`${64 * GIB}`), 16 * GIB],
  ["too little room", limitsWith(`${64 * GIB - 1}`), undefined],
  ["`ulimit -v 16000000`", limitsWith("16384000000", "16384000000"), undefined],
  [
    "no such line",
    "Max open files            20000                20000                files     \n",
    16 * GIB,
  ],
  ["nothing", "", 16 * GIB],
])("mapBytesWithin() with %s", (_, limits, expected) => {
  expect(mapBytesWithin(limits)).toBe(expected);
});
