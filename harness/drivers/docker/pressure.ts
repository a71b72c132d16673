import type { MachinePressure } from "../../cluster/contract.ts";

/**
 * Prints what the kernel counts for the container that runs it, under cgroups of either version; of two files with one
 * meaning the one exists.
 */
export const PRESSURE_SCRIPT = [
  "cd /sys/fs/cgroup",
  'for file in cpu.stat cpu/cpu.stat; do [ ! -f $file ] || grep "^nr_throttled " $file; done',
  'for file in memory.events memory/memory.failcnt; do [ ! -f $file ] || sed -n "s/^max /hits /p; s/^[0-9]/hits &/p" $file; done',
  'for file in memory.current memory/memory.usage_in_bytes; do [ ! -f $file ] || sed "s/^/memory /" $file; done',
  'df --output=avail --block-size=1 /data | sed -n "2s/^/free /p"',
].join("\n");

/** Reads what the script printed: lines of a word and a number. Throws where one is missing. */
export function parsePressure(printed: string): Omit<MachinePressure, "memoryKills"> {
  const values = new Map(
    printed.split("\n").map((line): [string, number] => {
      const [word = "", number = ""] = line.trim().split(/\s+/);
      return [word, Number(number)];
    }),
  );
  const numberOf = (word: string): number => {
    const value = values.get(word);
    if (value === undefined || !Number.isFinite(value)) {
      throw new Error(`Cannot read the pressure on a node: the machine does not tell ${word}`);
    }
    return value;
  };
  return {
    throttledPeriods: numberOf("nr_throttled"),
    memoryLimitHits: numberOf("hits"),
    memoryBytes: numberOf("memory"),
    diskFreeBytes: numberOf("free"),
  };
}
