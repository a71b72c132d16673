import type { CataloguePoint } from "./catalogue-point.ts";

const UNDRAWN = { required: false, why: "The membership changes in no drawn plan yet." } as const;

const READ_POINTS = [
  { name: "a read asked a stand-in for a silent replica", kind: "reachable", required: true },
  { name: "a read asked a stand-in for a replica that failed", kind: "reachable", required: true },
  { name: "a read missed R at its deadline", kind: "reachable", required: true },
  { name: "a read missed R because too many replicas failed", kind: "reachable", required: true },
  { name: "a read was refused for too few nodes", kind: "reachable", required: true },
  { name: "a read found concurrent versions", kind: "sometimes", required: true },
  { name: "a replica answered a read that had ended", kind: "reachable", required: true },
  { name: "a read repaired a replica with older versions", kind: "reachable", required: true },
  {
    name: "a read repaired a replica that answered not found",
    kind: "reachable",
    required: true,
    why: "A replica that lost or never had the key looks like one that answers for it.",
  },
  { name: "a read repaired the coordinator's own copy", kind: "reachable", required: true },
  { name: "a read repaired a damaged replica", kind: "reachable", required: true },
  { name: "a read repair did not arrive", kind: "reachable", required: true },
  { name: "a coordinator could not read its own copy", kind: "reachable", required: true },
  {
    name: "a read was answered by R slots",
    kind: "always",
    required: true,
    why: "Two answers of one slot are one copy (R + W > N counts copies).",
  },
  { name: "a read asked no node for two slots", kind: "always", required: true },
  {
    name: "a read passed over a stand-in that held nothing",
    kind: "reachable",
    required: true,
    why: "Where not found is ignored, a stand-in that was asked for the first time proves nothing (K-22).",
  },
  {
    name: "a read asked more nodes for what its client knew",
    kind: "reachable",
    required: true,
    why: "All that were asked had answered, and none of them with the client's own write (K-15).",
  },
  { name: "a read was answered with less than its client knew", kind: "sometimes", required: true },
  { name: "a read that has ended has no timer", kind: "always", required: true },
] as const satisfies readonly CataloguePoint[];

const WRITE_POINTS = [
  { name: "a write asked a stand-in for a silent replica", kind: "reachable", required: true },
  { name: "a write asked a stand-in for a replica that failed", kind: "reachable", required: true },
  { name: "a write missed W at its deadline", kind: "reachable", required: true },
  { name: "a write was withdrawn before it was minted", kind: "reachable", required: true },
  { name: "a withdrawn write is never minted", kind: "always", required: true },
  {
    name: "a write found itself done already",
    kind: "reachable",
    required: true,
    why: "A retry that would have become its own sibling (K-11).",
  },
  { name: "a write missed W because too many replicas failed", kind: "reachable", required: true },
  { name: "a write was refused for too few nodes", kind: "reachable", required: true },
  { name: "a write went to who will own its key", kind: "sometimes", ...UNDRAWN },
  { name: "a fallback coordinated a write", kind: "sometimes", required: true },
  {
    name: "a slot of a write was acknowledged twice",
    kind: "sometimes",
    required: true,
    why: "By its primary and its stand-in: the schedule that shows whether slots are counted.",
  },
  { name: "a replica acknowledged a write that had ended", kind: "sometimes", required: true },
  {
    name: "a coordinator's disk refused its own write",
    kind: "reachable",
    required: true,
    why: "Other replicas may have the version that its coordinator has lost.",
  },
  { name: "a coordinator kept a hint itself", kind: "reachable", required: true },
  {
    name: "a coordinator could not keep a hint",
    kind: "reachable",
    required: false,
    why: "Takes a disk that fails at the deadline of a write that it took before.",
  },
  {
    name: "a coordinator had no room for a hint that it owed",
    kind: "reachable",
    required: true,
    why: "One copy fewer than N until the key is read or replicas are compared.",
  },
  { name: "an acknowledgement came from a node that was asked", kind: "always", required: true },
  { name: "a write was confirmed by W slots", kind: "always", required: true },
  { name: "a write asked no node for two slots", kind: "always", required: true },
  { name: "a write that has ended has no timer", kind: "always", required: true },
  { name: "a request has a slot for each of its first N nodes", kind: "always", required: true },
  { name: "a write's coordinator has a slot", kind: "always", required: true },
  {
    name: "a stand-in is in its primary's datacenter while one there is up and idle",
    kind: "always",
    required: true,
  },
  {
    name: "a stand-in was in another datacenter for want of one in its primary's",
    kind: "sometimes",
    required: true,
    why: "A whole datacenter is away: its copies go to others, with hints.",
  },
  { name: "a primary that seemed down had a stand-in at once", kind: "sometimes", required: true },
  {
    name: "a primary that seemed down was asked for want of a stand-in",
    kind: "sometimes",
    required: true,
  },
  { name: "no request ended twice", kind: "always", required: true },
] as const satisfies readonly CataloguePoint[];

const FORWARD_POINTS = [
  { name: "a write was forwarded and confirmed", kind: "reachable", required: true },
  { name: "a write was forwarded to a second candidate", kind: "sometimes", required: true },
  { name: "a forwarded write was lost", kind: "reachable", required: true },
  {
    name: "a write that may have been done was sent to another candidate",
    kind: "sometimes",
    required: true,
    why: "Only safe under a name.",
  },
  {
    name: "a candidate was silent for its share of a forwarded write's time",
    kind: "reachable",
    required: true,
  },
  {
    name: "a candidate that had seemed silent confirmed a forwarded write",
    kind: "sometimes",
    required: false,
    why: "Takes a network as slow as the request's time is long.",
  },
  {
    name: "a write went elsewhere since its coordinator could not store it",
    kind: "reachable",
    required: true,
  },
  { name: "a node coordinated a write that no candidate took", kind: "reachable", required: true },
  {
    name: "a write went elsewhere since its coordinator had no room for a hint",
    kind: "reachable",
    required: true,
  },
  {
    name: "a write found no coordinator in time",
    kind: "reachable",
    required: false,
    why: "Takes a candidate that seems up and cannot be dialled until the very deadline.",
  },
  { name: "a strict write found none of its primaries", kind: "reachable", required: true },
  {
    name: "a write's context named the node that answered its read first",
    kind: "sometimes",
    required: true,
  },
  {
    name: "a candidate refused a forwarded write definitely",
    kind: "sometimes",
    required: false,
    why: "Takes a node that stops in good order, is overloaded or has another ring.",
  },
  {
    name: "a write was refused that was made before",
    kind: "sometimes",
    required: false,
    why: "Takes a client that sends a write again to a node which has lost sight of all others since.",
  },
  { name: "a write is forwarded to another node", kind: "always", required: true },
] as const satisfies readonly CataloguePoint[];

/** Points of clients' requests, from their first message to their last. */
export const REQUEST_POINTS = [...READ_POINTS, ...WRITE_POINTS, ...FORWARD_POINTS] as const;
