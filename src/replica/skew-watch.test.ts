import { describe, expect, test } from "vitest";
import { actorOf, incarnationOf } from "../base/actor.ts";
import { hybridTimeOf } from "../causality/hybrid-time.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { SkewWatch } from "./skew-watch.ts";
import { OTHERS, replicaEnvironment } from "./testing/replica-world.ts";

const WRITER = actorOf({
  nodeId: OTHERS[0],
  incarnation: incarnationOf(new Uint8Array(8)),
  epoch: 0,
});
const at = (wallMs: number) => ({ actor: WRITER, wallMs, hybridTime: hybridTimeOf(wallMs) });

function watchOf() {
  const clock = new ManualClock();
  const warnings: object[] = [];
  const environment = replicaEnvironment(1);
  const log = { ...environment.log, warn: (fields: object) => warnings.push(fields) };
  const watch = new SkewWatch({ ...environment, clock, log }, 500);
  return { clock, warnings, watch, counts: environment.counts };
}

describe("SkewWatch", () => {
  test("raises the alarm beyond the bound, counts each and logs once a minute", () => {
    const { clock, warnings, watch, counts } = watchOf();
    const nowMs = clock.wallMs();
    watch.seen(at(nowMs + 500));
    expect(watch.status).toEqual({ alarms: 0, aheadMsMax: 0, writer: null });
    watch.seen(at(nowMs + 501));
    watch.seen(at(nowMs + 900));
    watch.seen(undefined);
    expect(watch.status).toEqual({ alarms: 2, aheadMsMax: 900, writer: WRITER });
    expect(counts.get("ringside_clock_skew_alarms_total")).toBe(2);
    expect(warnings).toEqual([{ writer: WRITER, aheadMs: 501, clockSkewMaxMs: 500 }]);
    clock.advance(60_000);
    watch.seen(at(clock.wallMs() + 600));
    expect(warnings).toHaveLength(2);
  });

  test("follows what is within the bound and the node's own writes, and nothing back", () => {
    const { clock, watch } = watchOf();
    const nowMs = clock.wallMs();
    watch.seen(at(nowMs + 400));
    expect(watch.hybridTime).toBe(hybridTimeOf(nowMs + 400));
    watch.seen(at(nowMs + 5_000));
    watch.seen(at(nowMs));
    expect(watch.hybridTime).toBe(hybridTimeOf(nowMs + 400));
    watch.wrote(at(nowMs + 5_000));
    expect(watch.hybridTime).toBe(hybridTimeOf(nowMs + 5_000));
  });
});
