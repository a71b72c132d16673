import { describe, expect, test } from "vitest";
import type { Siblings } from "../causality/versioning.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { DynamoError } from "../protocol/errors.ts";
import { RECORD_LIMITS } from "./record-limits.ts";
import { RecordWatch } from "./record-watch.ts";
import { replicaEnvironment } from "./testing/replica-world.ts";

const LARGE = "ringside_records_large_total";
const LONG = "ringside_clocks_long_total";

function watchOf() {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const environment = replicaEnvironment(1);
  const log = { ...environment.log, warn: (_: object, text: string) => warnings.push(text) };
  const watch = new RecordWatch({ ...environment, clock, log }, RECORD_LIMITS);
  return { clock, warnings, watch, counts: environment.counts };
}

const versions = (count: number, clockEntries = 1, entriesDropped = 0): Siblings => ({
  payloads: Array.from({ length: count }, () => new Uint8Array(1)),
  clock: new Map(
    Array.from({ length: clockEntries }, (_, at) => [`n/i/${at}` as never, 1] as const),
  ),
  entriesDropped,
});

describe("RecordWatch", () => {
  test("K-24 warns from 25 versions or 5 MiB on, counts each and logs once a minute", () => {
    const { clock, warnings, watch, counts } = watchOf();
    watch.minted(versions(23), versions(24), 100);
    watch.minted(versions(1), versions(1), 5 * 1_024 * 1_024 - 1);
    expect(counts.get(LARGE)).toBeUndefined();
    watch.minted(versions(24), versions(25), 100);
    watch.minted(versions(1), versions(1), 5 * 1_024 * 1_024);
    expect(counts.get(LARGE)).toBe(2);
    expect(warnings).toHaveLength(1);
    clock.advance(60_000);
    watch.minted(versions(25), versions(26), 100);
    expect(warnings).toHaveLength(2);
  });

  test("refuses the 101st version and the one that takes a record beyond 50 MiB", () => {
    const { watch, counts } = watchOf();
    const most = 50 * 1_024 * 1_024;
    watch.minted(versions(99), versions(100), most);
    expect(() => watch.minted(versions(100), versions(101), 100)).toThrow(DynamoError);
    expect(() => watch.minted(versions(1), versions(2), most + 1)).toThrow("at most 52428800");
    watch.minted(versions(300), versions(300), most + 1);
    watch.minted(versions(0), versions(1), most + 1);
    expect(counts.get("ringside_siblings_refused_total")).toBe(2);
  });

  test("raises an alarm for a clock of more than 10 pairs, and counts what truncation took", () => {
    const { warnings, watch, counts } = watchOf();
    watch.minted(versions(1), versions(1, 10, 2), 100);
    expect(counts.get(LONG)).toBeUndefined();
    expect(counts.get("ringside_clocks_truncated_total")).toBe(1);
    expect(counts.get("ringside_clock_entries_dropped_total")).toBe(2);
    watch.minted(versions(1), versions(1, 11), 100);
    expect(counts.get(LONG)).toBe(1);
    expect(warnings).toEqual(["The clock of a key is long"]);
  });
});
