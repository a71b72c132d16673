import fc from "fast-check";
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
const node = fc.constantFrom("a", "node-1", "x".repeat(64)).map(nodeId);

export const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constant("get" as const), ring: stamp, key }),
  fc.record({
    type: fc.constant("put" as const),
    ring: stamp,
    key,
    record: bytes,
    hintFor: fc.option(node, { nil: undefined }),
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
  fc.constant({ type: "ping" as const }),
);

export const anyReply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({
    type: fc.constant("get-reply" as const),
    record: fc.option(bytes, { nil: undefined }),
  }),
  fc.constant({ type: "put-reply" as const }),
  fc.record({ type: fc.constant("forward-reply" as const), record: bytes }),
  fc.constant({ type: "ping-reply" as const }),
  fc.record({
    type: fc.constant("error-reply" as const),
    code: fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[])),
    message: fc.string({ unit: "grapheme", maxLength: 100 }),
  }),
);

/** The same message with plain byte arrays, for comparison. */
export function plainMessage<M extends Request | Reply>(message: M): M {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ]),
  ) as unknown as M;
}
