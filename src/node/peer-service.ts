import type { OwnCopies } from "../anti-entropy/exchange.ts";
import type { SharedTrees } from "../anti-entropy/shared-trees.ts";
import type { NodeId } from "../base/ids.ts";
import type { Coordinator } from "../coordinator/coordinator.ts";
import type { LocalReplica } from "../coordinator/parts.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type {
  ForwardRequest,
  GossipRequest,
  PutRequest,
  Reply,
  Request,
  TombstoneRequest,
  TreeRequest,
} from "../protocol/messages.ts";
import type { LifeClaim } from "../replica/life.ts";
import type { TombstoneRows } from "../replica/tombstone-rows.ts";
import type { Ring, RingStamp } from "../ring/ring.ts";
import type { RequestHandler } from "../rpc/contract.ts";
import { DamageError, StorageError } from "../storage/engine.ts";
import type { Admission } from "./admission.ts";
import type { Stage } from "./stage.ts";
import type { Stages } from "./stages.ts";

export interface PeerServiceParts {
  readonly replica: LocalReplica &
    Pick<OwnCopies, "own"> & { readonly tombstones: Pick<TombstoneRows, "holding" | "remove"> };
  readonly shared: SharedTrees;
  readonly coordinator: Pick<Coordinator, "put">;
  readonly admission: Admission;
  readonly stages: Pick<Stages, "peerReads" | "peerWrites" | "exchanges">;
  /** The longest that work for a peer waits for its turn: by then nobody waits for the answer, and mostly for a while. */
  readonly waitMaxMs: number;
  /** What this node remembers of the lives of its peers. */
  readonly lives: { accept(from: NodeId, claim: LifeClaim): Promise<boolean> };
  /** The history of changes. Undefined: this node keeps none. */
  readonly gossip?: { answer(request: GossipRequest): Promise<Reply> } | undefined;
  readonly ring: () => Ring;
  /** Brings this node's history and a peer's together; never rejects. Undefined: the ring never changes. */
  readonly meet?: ((peer: NodeId) => Promise<void>) | undefined;
  /** Only members coordinate. */
  readonly isMember: () => boolean;
  /** False until it is certain under which incarnation this node mints. */
  readonly ready: () => boolean;
  /** The cluster's own W, for forwarded writes that name none. */
  readonly w: number;
}

/**
 * What a node does for its peers: reads and writes of its own copies, and the coordination of forwarded writes, which are
 * never forwarded again. A peer with another ring is told so: its preference lists may not be ours (K-17).
 */
export function peerService(environment: Environment, parts: PeerServiceParts): RequestHandler {
  let meetingCount = 0;
  return (from: NodeId, request: Request, respond: (reply: Reply) => void) => {
    switch (request.type) {
      case "ping":
        // Whoever counts this node as down because it stops shall not be told otherwise.
        if (parts.admission.isClosed) throw new DynamoError("stopping", "This node stops");
        respond({ type: "ping-reply" });
        return;
      case "life":
        parts.lives.accept(from, request).then(
          (accepted) => respond({ type: "life-reply", accepted }),
          (error: unknown) => respond(refusal(environment, request, error)),
        );
        return;
      case "gossip":
        // Who has another ring needs it most, so it is not held against a stamp.
        gossiped(parts, request).then(respond, (error: unknown) =>
          respond(refusal(environment, request, error)),
        );
        return;
    }
    if (isCurrent(request.ring, parts)) {
      take(environment, parts, { from, request, respond });
      return;
    }
    if (parts.meet === undefined || meetingCount === MEETING_MAX) {
      throw staleRing(environment, request.ring, parts);
    }
    meetingCount += 1;
    parts.meet(from).then(() => {
      meetingCount -= 1;
      if (isCurrent(request.ring, parts)) {
        environment.assertions.reachable("a replica heard of a change by a request, and served it");
        try {
          take(environment, parts, { from, request, respond });
        } catch (error) {
          // There is no room: whoever calls the handler has long gone on, and nobody else would answer.
          respond(refusal(environment, request, error));
        }
      } else {
        respond(errorReply(staleRing(environment, request.ring, parts)));
      }
    });
  };
}

/** Requests at most that wait until this node has heard what their senders know; more are refused at once. */
const MEETING_MAX = 1_024;

/** Of the ring that this node goes by. */
function take(
  environment: Environment,
  parts: PeerServiceParts,
  { from, request, respond }: Pick<Task, "from" | "respond"> & { readonly request: RingRequest },
): void {
  const refuse = (error: unknown): void => respond(refusal(environment, request, error));
  if (request.type === "forward") {
    forwarded(environment, parts, request).then(respond, refuse);
    return;
  }
  const stage = stageOf(request, parts.stages);
  const task: Task = { environment, from, request, respond, stage };
  if (stage.tryEnter()) {
    serve(task, parts);
    return;
  }
  const { waitMaxMs } = parts;
  stage.enqueue({ waitMaxMs, begin: () => serve(task, parts), refuse });
}

interface Task {
  readonly environment: Environment;
  readonly from: NodeId;
  readonly request: StagedRequest;
  readonly respond: (reply: Reply) => void;
  /** In which it has its place. */
  readonly stage: Stage;
}

/** What a peer is told of its request that was not done; what is no refusal goes to the log. */
function refusal(
  { assertions, log }: Pick<Environment, "assertions" | "log">,
  request: Request,
  error: unknown,
): Reply {
  if (!(error instanceof DynamoError)) {
    assertions.reachable("a replica failed to serve a peer");
    log.error({ err: error, request: request.type }, "Cannot serve a peer");
  }
  return errorReply(error);
}

/** Does what has its place, leaves that and then answers. */
function serve(
  { environment, from, request, respond, stage }: Task,
  parts: PeerServiceParts,
): void {
  const { replica, shared } = parts;
  const failed = (error: unknown): void => {
    stage.leave();
    respond(refusal(environment, request, error));
  };
  const answer = (reply: Reply): void => {
    stage.leave();
    respond(reply);
  };
  switch (request.type) {
    case "get":
      replica.read(request.key).then((record) => answer({ type: "get-reply", record }), failed);
      break;
    case "copy":
      replica.own(request.key).then((record) => answer({ type: "get-reply", record }), failed);
      break;
    case "put":
      replica
        .store(request.key, request.record, request.hintFor, request)
        .then(() => answer(stored(environment, request, parts)), failed);
      break;
    case "tombstone":
      held(replica.tombstones, request).then(answer, failed);
      break;
    case "tree":
      answerTree(from, request, shared).then(answer, failed);
      break;
  }
}

const PUT_REPLY: Reply = { type: "put-reply" };

/**
 * A copy counts only while the ring is the one that it was sent by: a new owner that came meanwhile may have compared its copies with this node's before.
 */
function stored(environment: Environment, request: PutRequest, parts: PeerServiceParts): Reply {
  if (isCurrent(request.ring, parts)) return PUT_REPLY;
  environment.assertions.reachable("the ring changed while a replica stored a copy");
  return errorReply(staleRing(environment, request.ring, parts));
}

/** Its errors are rejections, as those of the others are. */
async function answerTree(
  from: NodeId,
  { paths, partition }: TreeRequest,
  shared: SharedTrees,
): Promise<Reply> {
  return { type: "tree-reply", nodes: shared.answer(from, paths, partition) };
}

type RingRequest = Exclude<Request, { readonly type: "ping" | "life" | "gossip" }>;
type StagedRequest = Exclude<RingRequest, ForwardRequest>;

async function gossiped({ gossip }: PeerServiceParts, request: GossipRequest): Promise<Reply> {
  if (gossip === undefined) {
    throw new DynamoError("bad-request", "Cannot take gossip: this node keeps no history");
  }
  return gossip.answer(request);
}

function stageOf({ type }: StagedRequest, stages: PeerServiceParts["stages"]): Stage {
  switch (type) {
    case "get":
      return stages.peerReads;
    case "put":
      return stages.peerWrites;
    case "copy":
    case "tree":
    case "tombstone":
      return stages.exchanges;
  }
}

function isCurrent(asked: RingStamp, { ring }: Pick<PeerServiceParts, "ring">): boolean {
  const { digest, epoch } = ring().stamp;
  return asked.digest === digest && asked.epoch === epoch;
}

function staleRing(
  { assertions }: Pick<Environment, "assertions">,
  asked: RingStamp,
  { ring }: Pick<PeerServiceParts, "ring">,
): DynamoError {
  assertions.reachable("a request under another ring was refused");
  const own = ring().stamp;
  return new DynamoError(
    "stale-ring",
    `Cannot serve under ring ${asked.epoch}/${asked.digest}: this node's is ${own.epoch}/${own.digest}`,
  );
}

async function held(
  rows: Pick<TombstoneRows, "holding" | "remove">,
  request: TombstoneRequest,
): Promise<Reply> {
  const { key, digest, remove } = request;
  const holding = remove ? rows.remove(key, digest) : rows.holding(key, digest);
  return { type: "tombstone-reply", holding: await holding };
}

async function forwarded(
  environment: Environment,
  parts: PeerServiceParts,
  request: ForwardRequest,
): Promise<Reply> {
  if (!parts.ready() && !parts.admission.isClosed) {
    throw new DynamoError("overloaded", "Cannot take the request: the node starts");
  }
  if (!parts.isMember()) throw staleRing(environment, request.ring, parts);
  const { key, context, payload, budgetMs } = request;
  const w = request.w === 0 ? parts.w : request.w;
  const quorum = request.strict ? "strict" : "sloppy";
  const order = { key, context, payload, w, quorum } as const;
  try {
    const minted = await parts.admission.admit("forwards", budgetMs, (timeoutMs) =>
      parts.coordinator.put({ ...order, timeoutMs }),
    );
    return { type: "forward-reply", record: minted.record };
  } catch (error) {
    // As such it comes only from before the mint: nothing was done, and another node may do it.
    if (!(error instanceof StorageError)) throw error;
    environment.assertions.reachable("a forwarded write met a row that cannot be read");
    environment.log.error({ err: error, request: request.type }, "Cannot serve a peer");
    throw new DynamoError(
      "overloaded",
      "Cannot take the write: the node cannot read its row, or write it",
      {
        cause: error,
      },
    );
  }
}

function errorReply(error: unknown): Reply {
  if (error instanceof DynamoError) {
    return { type: "error-reply", code: error.code, message: error.message };
  }
  if (error instanceof DamageError) {
    return { type: "error-reply", code: "damaged", message: "The node's copy is damaged" };
  }
  return { type: "error-reply", code: "internal", message: "Cannot serve the request" };
}
