import fc from "fast-check";
import { incarnationOf } from "../../base/actor.ts";
import { nodeId } from "../../base/ids.ts";
import type { ErrorCode } from "../errors.ts";
import { ERRORS } from "../errors.ts";
import type { Reply, Request } from "../messages.ts";

const stamp = fc.record({
  epoch: fc.nat({ max: 0xffff_ffff }),
  digest: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((b) => Buffer.from(b).toString("hex")),
});
const key = fc.uint8Array({ minLength: 1, maxLength: 1_024 });
/** Small ones, and ones large enough to be sent without a copy. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.nat({ max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
);
const path = fc.array(fc.nat({ max: 15 }), { maxLength: 20 }).map((it) => Uint8Array.from(it));
const hash = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Leaves, and children of which some have no keys. */
const treeNode = fc.oneof(
  fc.record({
    kind: fc.constant("leaves" as const),
    leaves: fc.array(
      fc.record({ key, digest: hash.map((it) => Buffer.from(it).toString("latin1")) }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant("children" as const),
    hashes: fc
      .array(fc.oneof(hash, fc.constant(new Uint8Array(16))), { minLength: 16, maxLength: 16 })
      .map((hashes) => Buffer.concat(hashes)),
  }),
);
const node = fc.constantFrom("a", "node-1", "x".repeat(64)).map(nodeId);

const incarnation = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(incarnationOf);

const vector = fc
  .dictionary(
    fc.stringMatching(/^[a-z]{1,8}\/[A-Za-z0-9_-]{11}$/),
    fc.integer({ min: 1, max: 2 ** 40 }),
  )
  .map((numbers) => new Map(Object.entries(numbers)));
const reconciliation = {
  vector: fc.option(vector, { nil: undefined }),
  changes: fc.array(fc.uint8Array({ maxLength: 2_048 }), { maxLength: 20 }),
};

export const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constant("get" as const), ring: stamp, key }),
  fc.record({ type: fc.constant("copy" as const), ring: stamp, key }),
  fc.record({
    type: fc.constant("tree" as const),
    ring: stamp,
    paths: fc.array(path, { minLength: 1, maxLength: 64 }),
  }),
  fc.record({
    type: fc.constant("put" as const),
    ring: stamp,
    key,
    record: bytes,
    hintFor: fc.option(node, { nil: undefined }),
    durable: fc.constantFrom(true, undefined),
  }),
  fc.record({
    type: fc.constant("forward" as const),
    ring: stamp,
    key,
    context: fc.uint8Array(),
    payload: bytes,
    w: fc.nat({ max: 255 }),
    budgetMs: fc.nat({ max: 0xffff_ffff }),
    strict: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("tombstone" as const),
    ring: stamp,
    key,
    digest: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    remove: fc.boolean(),
  }),
  fc.constant({ type: "ping" as const }),
  fc.record({
    type: fc.constant("life" as const),
    incarnation,
    life: incarnation,
    after: fc.option(incarnation, { nil: undefined }),
  }),
  fc.record({ type: fc.constant("gossip" as const), digest: hash, ...reconciliation }),
);

export const anyReply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({
    type: fc.constant("get-reply" as const),
    record: fc.option(bytes, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant("tree-reply" as const),
    nodes: fc.option(fc.array(treeNode, { maxLength: 5 }), { nil: undefined }),
  }),
  fc.constant({ type: "put-reply" as const }),
  fc.record({ type: fc.constant("forward-reply" as const), record: bytes }),
  fc.record({
    type: fc.constant("tombstone-reply" as const),
    holding: fc.constantFrom("same" as const, "none" as const, "other" as const),
  }),
  fc.constant({ type: "ping-reply" as const }),
  fc.record({ type: fc.constant("life-reply" as const), accepted: fc.boolean() }),
  fc.record({ type: fc.constant("gossip-reply" as const), ...reconciliation }),
  fc.record({
    type: fc.constant("error-reply" as const),
    code: fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[])),
    message: fc.string({ unit: "grapheme", maxLength: 100 }),
  }),
);

/** The same message with plain byte arrays, for comparison. */
export function plainMessage<M extends Request | Reply>(message: M): M {
  return plain(message) as M;
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
