import type { CataloguePoint } from "./catalogue-point.ts";

const PEER_POINTS = [
  { name: "a hint was delivered to its owner", kind: "reachable", required: true },
  {
    name: "a hint went to those who took over from its owner",
    kind: "reachable",
    required: true,
  },
  { name: "a hint waited for its turn to be delivered", kind: "sometimes", required: true },
  { name: "hints waited since their last delivery failed", kind: "sometimes", required: true },
  { name: "hints of one owner took more than one page", kind: "sometimes", required: true },
  { name: "hint delivery stopped before the last hint", kind: "reachable", required: true },
  { name: "a hint failed and the others went on", kind: "reachable", required: true },
  { name: "a peer counted as down", kind: "reachable", required: true },
  {
    name: "of a peer that was late something had come meanwhile",
    kind: "sometimes",
    required: true,
  },
  {
    name: "a peer said that it stops",
    kind: "reachable",
    required: false,
    why: "Takes a request that reaches a node in the moment in which it stops.",
  },
  { name: "a peer that counted as down answered", kind: "reachable", required: true },
  {
    name: "a peer that counted as down has left the cluster",
    kind: "reachable",
    required: false,
    why: "Takes a node that is down when its leave is complete.",
  },
  { name: "an answer cleared misses that were too few", kind: "sometimes", required: true },
  { name: "a detector that has stopped pings nobody", kind: "always", required: true },
] as const satisfies readonly CataloguePoint[];

const RPC_POINTS = [
  { name: "a connection was dropped for silence", kind: "reachable", required: true },
  { name: "a request came after its caller had given it up", kind: "reachable", required: true },
  {
    name: "a peer's request waited until its caller had given it up",
    kind: "reachable",
    required: false,
    why: "Takes a node that is behind, and slow to store what it hears; `stories/moving-ranges.ts` has one.",
  },
  { name: "a hello was not answered in time", kind: "reachable", required: true },
  {
    name: "a hello was refused",
    kind: "reachable",
    required: false,
    why: "Takes a stranger, a wrong secret or a crossed route; the simulation has none.",
  },
  { name: "a connection brought no hello in time", kind: "reachable", required: true },
  { name: "a call that was sent was lost with its connection", kind: "sometimes", required: true },
  {
    name: "a call ended with its connection before it was sent",
    kind: "sometimes",
    required: true,
  },
  { name: "a call got no connection in time", kind: "reachable", required: true },
  { name: "a reply came for a call that was given up", kind: "reachable", required: true },
  { name: "a call failed at once after a failed dial", kind: "reachable", required: true },
  { name: "a call in flight has no outcome yet", kind: "always", required: true },
  { name: "a frame came in pieces", kind: "sometimes", required: true },
  { name: "a request was answered after its connection ended", kind: "reachable", required: true },
] as const satisfies readonly CataloguePoint[];

const NODE_POINTS = [
  { name: "a life went on with an incarnation", kind: "reachable", required: true },
  { name: "a peer did not vouch for a life", kind: "sometimes", required: true },
  {
    name: "a peer did not say in time whether a life goes on",
    kind: "sometimes",
    required: false,
    why: "Takes a link that fails within the two seconds after a restart.",
  },
  {
    name: "a stage refused what it had no place for",
    kind: "reachable",
    required: true,
    why: "Shedding at once, under load and with bounds that seeds draw (D-5-3).",
  },
  { name: "a task waited for its stage for too long", kind: "reachable", required: true },
  { name: "a task began after it had waited for its stage", kind: "reachable", required: true },
  { name: "no task leaves a stage twice", kind: "always", required: true },
  {
    name: "a node drained the requests under way when it stopped",
    kind: "reachable",
    required: false,
    why: "Takes a node that is shut down while it has requests under way.",
  },
  { name: "a request under another ring was refused", kind: "reachable", required: true },
  {
    name: "a forwarded write met a row that cannot be read",
    kind: "reachable",
    required: false,
    why: "It takes a garbled row that nobody has read since, and a blind write to it.",
  },
  { name: "a replica failed to serve a peer", kind: "reachable", required: true },
  { name: "no request is under way once a node has stopped", kind: "always", required: true },
  {
    name: "a context that goes out with versions is not empty",
    kind: "always",
    required: true,
    why: "An empty one would make the client's next write a blind one.",
  },
] as const satisfies readonly CataloguePoint[];

const MEMBERSHIP_POINTS = [
  {
    name: "a strict write came to a node that has lost the key",
    kind: "reachable",
    required: false,
    why: "Takes a forwarded write that is under way while the key moves.",
  },
  { name: "a change of the membership was open", kind: "sometimes", required: true },
  { name: "a change of the membership was complete", kind: "sometimes", required: true },
  { name: "a node received all that a change gave it", kind: "reachable", required: true },
  { name: "a request was sent again under another ring", kind: "reachable", required: true },
  { name: "a request ended because the ring had changed", kind: "reachable", required: true },
  {
    name: "a replica heard of a change by a request, and served it",
    kind: "reachable",
    required: true,
  },
  { name: "a lost range could not be dropped yet", kind: "reachable", required: true },
  { name: "a row of a lost range came to an owner", kind: "reachable", required: true },
  {
    name: "an owner lost a write while it told of its tree of a lost range",
    kind: "sometimes",
    required: false,
    why: "What it shows is dropped by who asks; a disk must fill up within one answer.",
  },
  {
    name: "a row of a lost range had changed when the others went",
    kind: "reachable",
    required: true,
  },
  { name: "a node dropped the rows of a lost range", kind: "reachable", required: true },
  { name: "a node that left held nothing any more", kind: "reachable", required: true },
  { name: "the ring changed while a replica stored a copy", kind: "reachable", required: true },
  {
    name: "the ring changed while a coordinator stored its copy",
    kind: "reachable",
    required: true,
  },
  {
    name: "a request of a client was refused by a node that is no member",
    kind: "reachable",
    required: true,
  },
] as const satisfies readonly CataloguePoint[];

/** Points of nodes among each other: who is up, who is a member, and what passes between them. */
export const CLUSTER_POINTS = [
  ...PEER_POINTS,
  ...RPC_POINTS,
  ...NODE_POINTS,
  ...MEMBERSHIP_POINTS,
] as const;
