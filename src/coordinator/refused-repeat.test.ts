import { expect, test } from "vitest";
import { versioningFor } from "../causality/versioning-for.ts";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { StorageError } from "../storage/engine.ts";
import { honestRefusal } from "./refused-repeat.ts";

const REFUSAL = new DynamoError("too-few-nodes", "Cannot write: too few");

async function refusalWith(read: () => Promise<Uint8Array | undefined>) {
  const unused = (): never => {
    throw new Error("Cannot use this: the test has none");
  };
  return await honestRefusal(
    {
      ...quietEnvironment(new ManualClock()),
      transport: { connect: unused, listen: unused },
    },
    { replica: { read, store: unused, mint: unused }, versioning: versioningFor("dvvset") },
    { key: Buffer.from("k"), payload: Buffer.from([1, 0, 0]), timeoutMs: 100 },
    REFUSAL,
  );
}

test("a refusal stands where the node holds nothing of the key", async () => {
  expect(await refusalWith(async () => undefined)).toBe(REFUSAL);
});

test.each([
  ["is garbled", () => Promise.resolve(Buffer.from("no record"))],
  ["cannot be read", () => Promise.reject(new StorageError("Cannot read: the disk failed"))],
])("D-4.5-7 a refusal is in doubt where the row %s", async (_, read) => {
  expect(await refusalWith(read)).toMatchObject({ code: "write-quorum-not-met", cause: REFUSAL });
});
