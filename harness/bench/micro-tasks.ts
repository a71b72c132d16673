/*
 * What `npm run bench:micro` measures: the functions that every request runs through, on the data of the HTTP benchmark
 * (values of 1 KiB, a record that two of three replicas have coordinated).
 */
import { actorOf } from "../../src/base/actor.ts";
import { nodeId } from "../../src/base/ids.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { macKeyOf, openContext, sealContext } from "../../src/causality/context-token.ts";
import type { Siblings, Versioning, VersioningMode } from "../../src/causality/versioning.ts";
import { VERSIONING_MODES } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { Cart } from "../../src/client/reconcile/cart.ts";
import type { CartKind } from "../../src/client/reconcile/cart-reconciler.ts";
import { cartReconciler } from "../../src/client/reconcile/cart-reconciler.ts";
import { createNodeEnvironment } from "../../src/platform/node-environment.ts";
import { FrameReader, FrameWriter } from "../../src/protocol/framing.ts";
import type { PutRequest } from "../../src/protocol/messages.ts";
import { decodePayload, encodePayload } from "../../src/protocol/payload.ts";
import { readRequest, writeRequest } from "../../src/protocol/request-codec.ts";

export interface MicroTask {
  readonly name: string;
  /** One operation. What it returns is kept, so that no compiler drops the work. */
  run(): unknown;
}

const VALUE_BYTES = 1_024;
const FRAME_BYTES_MAX = 16 * 1_024 * 1_024;
const FORM = { protocol: 3, due: 1_000 };

const random = new SeededRandom("bench:micro");
const key = Buffer.from("key-4711");
const payload = encodePayload({
  contentType: "application/octet-stream",
  tombstone: false,
  bytes: random.bytes(VALUE_BYTES),
});
const [mintA, mintB, mintC] = ["n1", "n2", "n3"].map((name) => ({
  actor: actorOf({ nodeId: nodeId(name), incarnation: "AAAAAAAAAAA", epoch: 7 }),
  wallMs: 1_767_225_600_000,
})) as [Mint, Mint, Mint];

type Mint = Parameters<Versioning["update"]>[3];

export function microTasks(): readonly MicroTask[] {
  return [
    ...VERSIONING_MODES.flatMap(causalityTasks),
    ...contextTasks(),
    ...wireTasks(),
    ...(["union", "or-set"] as const).flatMap(cartTasks),
    ...assertionTasks(),
  ];
}

/** A point of the catalogue in production, beside the same loop without it. */
function assertionTasks(): readonly MicroTask[] {
  const { assertions } = createNodeEnvironment({ nodeId: "bench", logLevel: "error" });
  return [
    { name: "assertions: no call", run: () => payload },
    {
      name: "assertions: one sometimes",
      run: () => {
        assertions.sometimes("a fallback coordinated a write", payload.length === 0);
        return payload;
      },
    },
    {
      name: "assertions: one always",
      run: () => {
        assertions.always("a read was answered by R slots", payload.length > 0);
        return payload;
      },
    },
  ];
}

function causalityTasks(mode: VersioningMode): readonly MicroTask[] {
  const versioning = versioningFor(mode);
  const stored = coordinatedByTwo(versioning);
  const newer = versioning.update(stored, stored.clock, payload, mintA);
  const concurrent = versioning.update(stored, stored.clock, payload, mintC);
  const bytes = versioning.encode(newer);
  return [
    {
      name: `${mode}: update`,
      run: () => versioning.update(stored, stored.clock, payload, mintA),
    },
    { name: `${mode}: merge with newer`, run: () => versioning.merge(stored, newer) },
    { name: `${mode}: merge with concurrent`, run: () => versioning.merge(newer, concurrent) },
    { name: `${mode}: descends`, run: () => versioning.descends(newer, stored) },
    { name: `${mode}: encode`, run: () => versioning.encode(newer) },
    { name: `${mode}: decode`, run: () => versioning.decode(bytes) },
  ];
}

/** One version, whose clock names two actors. */
function coordinatedByTwo(versioning: Versioning): Siblings {
  const first = versioning.update(versioning.empty, new Map(), payload, mintA);
  return versioning.update(first, first.clock, payload, mintB);
}

function contextTasks(): readonly MicroTask[] {
  const { clock } = coordinatedByTwo(versioningFor("dvvset"));
  const scope = { clusterId: "bench", key, mode: "dvvset" } as const;
  const macKey = macKeyOf("secret", scope.clusterId);
  const token = sealContext({ ...scope, clock }, macKey);
  return [
    { name: "context: seal", run: () => sealContext({ ...scope, clock }, macKey) },
    { name: "context: open", run: () => openContext(token, scope, macKey) },
  ];
}

function wireTasks(): readonly MicroTask[] {
  const versioning = versioningFor("dvvset");
  const put: PutRequest = {
    type: "put",
    ring: { epoch: 3, digest: "0123456789abcdef" },
    key,
    record: versioning.encode(coordinatedByTwo(versioning)),
    hintFor: undefined,
  };
  const writer = new FrameWriter(FRAME_BYTES_MAX);
  writeRequest(writer, 1, put, FORM);
  const frame = Buffer.concat(writer.take());
  let decoded: unknown;
  const reader = new FrameReader(FRAME_BYTES_MAX, (kind, _id, body) => {
    decoded = readRequest(kind, body, FORM.protocol);
  });
  return [
    {
      name: "put request: encode and take",
      run: () => {
        writeRequest(writer, 1, put, FORM);
        return writer.take();
      },
    },
    {
      name: "put request: decode a frame",
      run: () => {
        reader.push(frame);
        return decoded;
      },
    },
    { name: "payload: decode", run: () => decodePayload(payload) },
  ];
}

/** Two versions of a cart of 20 items that differ in one add and one remove. */
function cartTasks(kind: CartKind): readonly MicroTask[] {
  const cart = cartReconciler(kind);
  let base: Cart = cart.empty;
  for (let item = 0; item < 20; item += 1) {
    base = cart.add(base, `item-${item}`, `tag-${item}`);
  }
  const versions = [cart.add(base, "another", "tag-x"), cart.remove(base, "item-3")];
  const bytes = cart.encode(base);
  return [
    { name: `${kind} cart: merge two versions`, run: () => cart.merge(versions) },
    { name: `${kind} cart: encode`, run: () => cart.encode(base) },
    { name: `${kind} cart: decode`, run: () => cart.decode(bytes) },
  ];
}
