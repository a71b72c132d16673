import { FRAME_KINDS } from "../../src/protocol/frame-kinds.ts";
import { FrameReader } from "../../src/protocol/framing.ts";
import { RPC_LIMITS } from "../../src/rpc/rpc-limits.ts";
import type { OnBytes } from "../drivers/sim/sim-connection.ts";

/** What nodes say to each other, by its purpose; replies count with their requests. */
export const FRAME_PURPOSES = {
  connect: ["hello", "helloAck", "helloReject", "life", "lifeReply"],
  health: ["ping", "pingReply"],
  membership: ["gossip", "gossipReply"],
  exchange: ["tree", "treeReply", "copy"],
  tombstone: ["tombstone", "tombstoneReply"],
  // A copy is answered like a read, and a hint goes like a durable write: these are counted here.
  read: ["get", "getReply"],
  write: ["put", "durablePut", "putReply"],
  forward: ["forward", "forwardReply"],
  error: ["errorReply"],
} as const satisfies Record<string, readonly (keyof typeof FRAME_KINDS)[]>;

export type FramePurpose = keyof typeof FRAME_PURPOSES;

export interface FrameCount {
  frames: number;
  /** With the frames' heads. */
  bytes: number;
}

const HEAD_BYTES = 9;

/** Counts the frames on all connections of a simulated cluster. */
export class FrameCounts {
  readonly #counts = new Map<FramePurpose, FrameCount>();
  readonly #readers = new Map<string, FrameReader>();
  readonly #purposeOf: ReadonlyMap<number, FramePurpose> = new Map(
    Object.entries(FRAME_PURPOSES).flatMap(([purpose, kinds]) =>
      kinds.map((kind) => [FRAME_KINDS[kind], purpose as FramePurpose] as const),
    ),
  );

  /** To be given to the cluster. */
  readonly onBytes: OnBytes = ({ connection, from }, bytes) => {
    const direction = `${connection} ${from}`;
    let reader = this.#readers.get(direction);
    if (reader === undefined) {
      reader = new FrameReader(RPC_LIMITS.frameBytesMax, (kind, _id, body) => {
        this.#count(kind, body.length);
      });
      this.#readers.set(direction, reader);
    }
    reader.push(bytes);
    return undefined;
  };

  /** What came since it was last asked, by purpose; purposes without a frame are left out. */
  take(): ReadonlyMap<FramePurpose, FrameCount> {
    const taken = new Map(this.#counts);
    this.#counts.clear();
    return taken;
  }

  #count(kind: number, bodyBytes: number): void {
    const purpose = this.#purposeOf.get(kind);
    if (purpose === undefined) throw new RangeError(`Cannot count a frame of kind ${kind}`);
    const count = this.#counts.get(purpose) ?? { frames: 0, bytes: 0 };
    count.frames += 1;
    count.bytes += HEAD_BYTES + bodyBytes;
    this.#counts.set(purpose, count);
  }
}
