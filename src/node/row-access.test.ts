import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { nodeId } from "../base/ids.ts";
import { CountingAssertions } from "../env/testing/counting-assertions.ts";
import { PartitionRows } from "../replica/partition-rows.ts";
import { createRing } from "../ring/partition-table.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { RowAccess } from "./row-access.ts";

test("RowAccess stores four pages at once, refuses more, and takes the next when they have ended", async () => {
  const node = nodeId("n1");
  const ring = createRing({ clusterId: "c", nodes: [node], partitionCount: 4 });
  const assertions = new CountingAssertions();
  const engine = new KeptEngine();
  const under: PromiseWithResolvers<void>[] = [];
  const access = new RowAccess({
    nodeId: node,
    n: 1,
    ring: () => ring,
    rows: new PartitionRows({ assertions, engine, hintOwners: () => [] }),
    replica: {
      store: () => {
        const write = Promise.withResolvers<void>();
        under.push(write);
        return write.promise;
      },
    },
  });
  const page = { rows: [{ key: utf8Bytes("a"), record: Buffer.of(1) }], next: undefined };
  const stored = Array.from({ length: 4 }, () => access.store(page));
  await expect(access.store(page)).rejects.toMatchObject({ code: "overloaded" });
  expect(under.length).toBe(4);
  under.shift()?.reject(new RangeError("the disk"));
  await expect(stored.shift()).rejects.toThrow("the disk");
  stored.push(access.store(page));
  for (const write of under) write.resolve();
  await Promise.all(stored);
});
