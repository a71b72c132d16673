import type { NodeId } from "../base/ids.ts";
import type { Coordinator } from "../coordinator/coordinator.ts";
import type { LocalReplica } from "../coordinator/parts.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { ForwardRequest, Reply, Request } from "../protocol/messages.ts";
import type { Ring } from "../ring/ring.ts";
import type { RequestHandler } from "../rpc/contract.ts";
import type { Admission } from "./admission.ts";

export interface PeerServiceParts {
  readonly replica: LocalReplica;
  readonly coordinator: Coordinator;
  readonly admission: Admission;
  readonly ring: () => Ring;
  /** The cluster's own W, for forwarded writes that name none. */
  readonly w: number;
}

/**
 * What a node does for its peers: reads and writes of its own copies, and the coordination of forwarded writes, which are
 * never forwarded again. A peer with another ring is told so: its preference lists may not be ours (K-17).
 */
export function peerService(environment: Environment, parts: PeerServiceParts): RequestHandler {
  return (_from: NodeId, request: Request, respond: (reply: Reply) => void) => {
    serve(parts, request).then(respond, (error: unknown) => {
      if (!(error instanceof DynamoError)) {
        environment.log.error({ err: error, request: request.type }, "Cannot serve a peer");
      }
      respond(errorReply(error));
    });
  };
}

async function serve(parts: PeerServiceParts, request: Request): Promise<Reply> {
  if (request.type === "ping") return { type: "ping-reply" };
  const { stamp } = parts.ring();
  if (request.ring.digest !== stamp.digest || request.ring.epoch !== stamp.epoch) {
    throw new DynamoError(
      "stale-ring",
      `Cannot serve under ring ${request.ring.epoch}/${request.ring.digest}: this node's is ${stamp.epoch}/${stamp.digest}`,
    );
  }
  switch (request.type) {
    case "get":
      return { type: "get-reply", record: await parts.replica.read(request.key) };
    case "put":
      await parts.replica.store(request.key, request.record, request.hintFor);
      return { type: "put-reply" };
    case "forward":
      return forwarded(parts, request);
  }
}

async function forwarded(parts: PeerServiceParts, request: ForwardRequest): Promise<Reply> {
  const { key, context, payload, budgetMs } = request;
  const w = request.w === 0 ? parts.w : request.w;
  const order = { key, context, payload, w, timeoutMs: budgetMs };
  const minted = await parts.admission.admit(() => parts.coordinator.put(order));
  return { type: "forward-reply", record: minted.record };
}

function errorReply(error: unknown): Reply {
  if (error instanceof DynamoError) {
    return { type: "error-reply", code: error.code, message: error.message };
  }
  return { type: "error-reply", code: "internal", message: "Cannot serve the request" };
}
