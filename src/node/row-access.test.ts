import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { dvvset } from "../causality/dvvset.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { PartitionRows } from "../replica/partition-rows.ts";
import { createRing } from "../ring/partition-table.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { RowAccess } from "./row-access.ts";
import { Stage } from "./stage.ts";

test("RowAccess stores as many pages at once as its stage has room for, lets others wait, and refuses more", async () => {
  const node = nodeId("n1");
  const ring = createRing({ clusterId: "c", nodes: [node], partitionCount: 4 });
  const environment = quietEnvironment(new ManualClock());
  const { assertions } = environment;
  const engine = new KeptEngine();
  const under: PromiseWithResolvers<void>[] = [];
  const access = new RowAccess({
    nodeId: node,
    n: 1,
    ring: () => ring,
    versioning: dvvset,
    clock: environment.clock,
    clockSkewMaxMs: 500,
    rows: new PartitionRows({ assertions, engine, hintOwners: () => [] }),
    stage: new Stage(environment, "snapshots", { runningMax: 4, queueMax: 1 }),
    waitMaxMs: 1_000,
    replica: {
      store: () => {
        const write = Promise.withResolvers<void>();
        under.push(write);
        return write.promise;
      },
    },
  });
  const page = {
    rows: [{ key: utf8Bytes("a"), record: dvvset.encode(dvvset.empty) }],
    next: undefined,
  };
  const stored = Array.from({ length: 5 }, () => access.store(page));
  await expect(access.store(page)).rejects.toMatchObject({ code: "overloaded" });
  expect(under.length).toBe(4);
  under.shift()?.reject(new RangeError("the disk"));
  await expect(stored.shift()).rejects.toThrow("the disk");
  await expect.poll(() => under.length).toBe(4);
  for (const write of under) write.resolve();
  await Promise.all(stored);
});
