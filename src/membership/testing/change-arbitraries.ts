import fc from "fast-check";
import { incarnationOf } from "../../base/actor.ts";
import { nodeId } from "../../base/ids.ts";
import type { Change, Issuer } from "../change.ts";
import { changeId, issuerOf } from "../change.ts";

const NODES = ["a", "b", "c", "node-4", "x".repeat(64)].map(nodeId);

/** The name of a start, by a small number. */
export function lifeOf(number: number): string {
  return incarnationOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, number));
}

const node = fc.constantFrom(...NODES);
const issuer = fc
  .record({ node, life: fc.nat({ max: 3 }) })
  .map(({ node: issuing, life }) => issuerOf(issuing, lifeOf(life)));
const number = fc.integer({ min: 1, max: 2 ** 40 });
const id = fc.record({ issuer, number }).map(changeId);
const digest = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));

const member = fc.record(
  {
    id: node,
    address: fc.constantFrom("a:1", "[::1]:65535", `${"h".repeat(253)}:65535`),
    clientUrl: fc.constantFrom("http://a:8080", "https://a.example/store"),
    datacenter: fc.constantFrom("east", "w".repeat(64)),
    capacity: fc.integer({ min: 1, max: 1_000 }),
  },
  { requiredKeys: ["id", "address"] },
);

const anyWhat: fc.Arbitrary<Change["what"]> = fc.oneof(
  fc.record({ kind: fc.constant("join" as const), member }),
  fc.record({ kind: fc.constant("leave" as const), node }),
  fc.record({ kind: fc.constant("received" as const), change: id, digest, node }),
  fc.record({ kind: fc.constant("withdraw" as const), change: id }),
  fc.record({ kind: fc.constant("emptied" as const), change: id, digest, node }),
);

export const anyChange: fc.Arbitrary<Change> = fc.record({
  issuer,
  number,
  time: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  what: anyWhat,
});

/** All that some issuers said, each in its order: numbers from 1 on, times that ascend. */
export const anyHistory: fc.Arbitrary<readonly Change[]> = fc
  .uniqueArray(issuer, { minLength: 1, maxLength: 5 })
  .chain((issuers) => fc.tuple(...issuers.map(changesOf)))
  .map((lists) => lists.flat());

function changesOf(issuing: Issuer): fc.Arbitrary<readonly Change[]> {
  const steps = fc.record({ what: anyWhat, laterBy: fc.integer({ min: 1, max: 5_000 }) });
  return fc.array(steps, { minLength: 1, maxLength: 6 }).map((all) => {
    let time = 1_000_000;
    return all.map(({ what, laterBy }, at) => {
      time += laterBy;
      return { issuer: issuing, number: at + 1, time, what };
    });
  });
}
