import { expect, test } from "vitest";
import type { Completion } from "../history/recorder.ts";
import type { WorkloadClient } from "./contract.ts";
import { ClientContractError, verifiedClients } from "./verified-clients.ts";

const REQUEST = { f: "add", key: "k", value: "i1" };
const OK: Completion = { type: "ok", node: "n1", value: "i1" };

function verified(invoke: WorkloadClient["invoke"]): WorkloadClient {
  return verifiedClients({ open: () => ({ invoke, close() {} }) }, ["n1"]).open(0, "n1");
}

test("verifiedClients() passes on what keeps the contract", async () => {
  for (const completion of [
    { ...OK, versions: 0, readSet: [] },
    { ...OK, type: "fail", error: "overloaded" },
    { ...OK, type: "info", error: "timeout", value: null },
  ] as const) {
    expect(await verified(async () => completion).invoke(REQUEST)).toBe(completion);
  }
});

test("verifiedClients() lists all promises that one completion breaks", async () => {
  const bad = { type: "info", node: "n7", value: undefined, versions: -1, readSet: [7] };
  const result = verified(async () => bad as unknown as Completion).invoke(REQUEST);
  await expect(result).rejects.toThrow(ClientContractError);
  await expect(result).rejects.toThrow(
    "Cannot trust the client of process 0 at add of k: info carries no error; node n7 is not in the cluster; value is undefined instead of null; versions -1 is no count; readSet is no list of strings",
  );
});

test("verifiedClients() refuses a type it does not know, and a success with an error", async () => {
  const maybe = { ...OK, type: "maybe" } as unknown as Completion;
  await expect(verified(async () => maybe).invoke(REQUEST)).rejects.toThrow(
    "type maybe is unknown",
  );
  const torn = { ...OK, error: "x" };
  await expect(verified(async () => torn).invoke(REQUEST)).rejects.toThrow(
    "ok carries the error x",
  );
});

test("verifiedClients() refuses a second operation while one is under way, and any after info", async () => {
  const client = verified(async () => ({ ...OK, type: "info", error: "timeout" }));
  const first = client.invoke(REQUEST);
  await expect(client.invoke(REQUEST)).rejects.toThrow("it was invoked while under way");
  await first;
  await expect(client.invoke(REQUEST)).rejects.toThrow("it was invoked while over");
});
