import type { NodeId } from "../base/ids.ts";
import type { Ring } from "../ring/ring.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";
import { isOfThePeer } from "../rpc/is-of-the-peer.ts";
import { wasShed } from "../rpc/was-shed.ts";

export interface HandOverParts {
  readonly nodeId: NodeId;
  /** Merges a record into this node's own row of the key; resolves when it is durable. */
  readonly replica: {
    store(
      key: Uint8Array,
      record: Uint8Array,
      hintFor: undefined,
      options: { readonly durable: true },
    ): Promise<void>;
  };
  readonly calls: PeerCalls;
  readonly ring: () => Ring;
}

/** Resolves once the target has acknowledged the record as its own; rejects with HandOverError, or an error of this node's store. */
export async function handOver(
  { nodeId, replica, calls, ring }: HandOverParts,
  target: NodeId,
  { key, record }: { readonly key: Uint8Array; readonly record: Uint8Array },
  callTimeoutMs: number,
): Promise<void> {
  if (target === nodeId) {
    await replica.store(key, record, undefined, { durable: true });
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const request = {
      type: "put",
      ring: ring().stamp,
      key,
      record,
      hintFor: undefined,
      // The hint goes once the owner has it, and with it perhaps the copy that was stored.
      durable: true,
    } as const;
    calls.call(target, request, callTimeoutMs, (outcome) => {
      if (outcome.kind === "reply" && outcome.reply.type === "put-reply") resolve();
      else reject(new HandOverError(target, outcome));
    });
  });
}

/** The target did not take a hint. */
export class HandOverError extends Error {
  override readonly name = "HandOverError";
  /** True where it would have taken no other either. */
  readonly isOfThePeer: boolean;
  /** True where it had no place for it now; of hints sent at once it may have taken others. */
  readonly wasShed: boolean;

  constructor(target: NodeId, outcome: Outcome) {
    super(`Cannot deliver a hint to ${target}: ${describe(outcome)}`);
    this.isOfThePeer = isOfThePeer(outcome);
    this.wasShed = wasShed(outcome);
  }
}

function describe(outcome: Outcome): string {
  if (outcome.kind !== "reply") return outcome.kind;
  return outcome.reply.type === "error-reply" ? outcome.reply.message : outcome.reply.type;
}
