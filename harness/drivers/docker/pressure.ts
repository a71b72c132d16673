import type { MachinePressure } from "../../cluster/contract.ts";

/** Where the meter's container sees the engine's control groups and each node's disk of data. */
export const CGROUPS_FOLDER = "/cgroups";
export const DISKS_FOLDER = "/disks";

/**
 * Prints what the kernel counts for a container, under cgroups of either version; of two files with one meaning one exists. It runs
 * in another container, since whatever runs in the node's own uses up its limits itself. Arguments: the node's container id, its
 * name. A container that does not run has no groups, only a disk: one of its own, or else the engine's.
 */
export const PRESSURE_SCRIPT = `
for group in $(find ${CGROUPS_FOLDER} -type d -name "*$1*"); do
  cd "$group"
  [ ! -f cpu.stat ] || grep "^nr_throttled " cpu.stat
  [ ! -f memory.events ] || sed -n "s/^max /hits /p" memory.events
  [ ! -f memory.failcnt ] || sed "s/^/hits /" memory.failcnt
  [ ! -f memory.current ] || sed "s/^/memory /" memory.current
  [ ! -f memory.usage_in_bytes ] || sed "s/^/memory /" memory.usage_in_bytes
done
disk="${DISKS_FOLDER}/$2"
[ -d "$disk" ] || disk=/
df --output=avail --block-size=1 "$disk" | sed -n "2s/^/free /p"
`;

/** What the script printed; the counts are undefined of a container that does not run. */
export type PrintedPressure = Pick<MachinePressure, "diskFreeBytes"> & {
  readonly running: Omit<MachinePressure, "diskFreeBytes" | "memoryKills"> | undefined;
};

/** Reads lines of a word and a number. Throws where one is missing. */
export function parsePressure(printed: string): PrintedPressure {
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
  const isRunning = ["nr_throttled", "hits", "memory"].some((word) => values.has(word));
  return {
    diskFreeBytes: numberOf("free"),
    running: isRunning
      ? {
          throttledPeriods: numberOf("nr_throttled"),
          memoryLimitHits: numberOf("hits"),
          memoryBytes: numberOf("memory"),
        }
      : undefined,
  };
}
