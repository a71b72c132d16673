import { answerTree } from "../anti-entropy/answer-tree.ts";
import type { OwnCopies } from "../anti-entropy/exchange.ts";
import type { SharedTrees } from "../anti-entropy/shared-trees.ts";
import type { NodeId } from "../base/ids.ts";
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
} from "../protocol/messages.ts";
import type { LifeClaim } from "../replica/life.ts";
import type { TombstoneRows } from "../replica/tombstone-rows.ts";
import type { RequestHandler } from "../rpc/contract.ts";
import { DamageError } from "../storage/engine.ts";
import { deadlineOf, leftMs } from "./caller-time.ts";
import type { ForwardParts } from "./serve-forward.ts";
import { serveForward } from "./serve-forward.ts";
import type { Stage } from "./stage.ts";
import type { Stages } from "./stages.ts";
import { isCurrent, staleRing } from "./stale-ring.ts";

export interface PeerServiceParts extends ForwardParts {
  readonly replica: LocalReplica &
    Pick<OwnCopies, "own" | "lossWatch"> & {
      readonly tombstones: Pick<TombstoneRows, "holding" | "remove">;
    };
  readonly shared: SharedTrees;
  readonly stages: Pick<Stages, "peerReads" | "peerWrites" | "exchanges">;
  /** The longest that work for a peer waits for its turn: by then nobody waits for the answer, and mostly for a while. */
  readonly waitMaxMs: number;
  /** What this node remembers of the lives of its peers. */
  readonly lives: { accept(from: NodeId, claim: LifeClaim): Promise<boolean> };
  /** The history of changes. Undefined: this node keeps none. */
  readonly gossip?: { answer(request: GossipRequest): Promise<Reply> } | undefined;
  /** Brings this node's history and a peer's together; never rejects. Undefined: the ring never changes. */
  readonly meet?: ((peer: NodeId) => Promise<void>) | undefined;
}

/**
 * What a node does for its peers: reads and writes of its own copies, and the coordination of forwarded writes, which are
 * never forwarded again. A peer with another ring is told so: its preference lists may not be ours (K-17).
 */
export function peerService(environment: Environment, parts: PeerServiceParts): RequestHandler {
  let meetingCount = 0;
  return (from, request, respond, deadlineMs = Number.POSITIVE_INFINITY) => {
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
    const asked: Asked = {
      from,
      request,
      respond,
      deadlineMs: deadlineOf(request, deadlineMs, environment),
    };
    if (isCurrent(request.ring, parts.ring())) {
      take(environment, parts, asked);
      return;
    }
    if (parts.meet === undefined || meetingCount === MEETING_MAX) {
      throw staleRing(environment, request.ring, parts.ring());
    }
    meetingCount += 1;
    parts.meet(from).then(() => {
      meetingCount -= 1;
      if (isCurrent(request.ring, parts.ring())) {
        environment.assertions.reachable("a replica heard of a change by a request, and served it");
        try {
          take(environment, parts, asked);
        } catch (error) {
          // There is no room: whoever calls the handler has long gone on, and nobody else would answer.
          respond(refusal(environment, request, error));
        }
      } else {
        respond(errorReply(staleRing(environment, request.ring, parts.ring())));
      }
    });
  };
}

/** Requests at most that wait until this node has heard what their senders know; more are refused at once. */
const MEETING_MAX = 1_024;

interface Asked {
  readonly from: NodeId;
  readonly request: RingRequest;
  readonly respond: (reply: Reply) => void;
  /** By this node's monotonic clock. */
  readonly deadlineMs: number;
}

/** Of the ring that this node goes by. */
function take(environment: Environment, parts: PeerServiceParts, asked: Asked): void {
  const { from, request, respond, deadlineMs } = asked;
  const refuse = (error: unknown): void => respond(refusal(environment, request, error));
  if (request.type === "forward") {
    serveForward(environment, parts, { request, deadlineMs }).then(respond, refuse);
    return;
  }
  const stage = stageOf(request, parts.stages);
  const task: Task = { environment, from, request, respond, deadlineMs, stage };
  if (stage.tryEnter()) {
    serve(task, parts);
    return;
  }
  const { waitMaxMs } = parts;
  stage.enqueue({ waitMaxMs, begin: () => serve(task, parts), refuse });
}

interface Task extends Asked {
  readonly environment: Environment;
  readonly request: StagedRequest;
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
function serve(task: Task, parts: PeerServiceParts): void {
  const { environment, from, request, respond, stage } = task;
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
      held(environment, replica.tombstones, { request, deadlineMs: task.deadlineMs }).then(
        answer,
        failed,
      );
      break;
    case "tree":
      // Its work is done within the call; what it waits for afterwards is the disk, which shall cost others no place.
      answerTree(environment, { shared, copies: replica }, { from, request }).then(
        respond,
        (error: unknown) => respond(refusal(environment, request, error)),
      );
      stage.leave();
      break;
  }
}

const PUT_REPLY: Reply = { type: "put-reply" };

/**
 * A copy counts only while the ring is the one that it was sent by: a new owner that came meanwhile may have compared its copies with this node's before.
 */
function stored(environment: Environment, request: PutRequest, parts: PeerServiceParts): Reply {
  if (isCurrent(request.ring, parts.ring())) return PUT_REPLY;
  environment.assertions.reachable("the ring changed while a replica stored a copy");
  return errorReply(staleRing(environment, request.ring, parts.ring()));
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

async function held(
  environment: Environment,
  rows: Pick<TombstoneRows, "holding" | "remove">,
  { request, deadlineMs }: Pick<Asked, "deadlineMs"> & { readonly request: TombstoneRequest },
): Promise<Reply> {
  const { key, digest, remove } = request;
  const refuseLate = (): void => void leftMs(environment, deadlineMs);
  const holding = remove ? rows.remove(key, digest, refuseLate) : rows.holding(key, digest);
  return { type: "tombstone-reply", holding: await holding };
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
