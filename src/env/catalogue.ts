/*
 * Problem: a simulation that finds nothing may never have been where the bugs are. Sketch: the store names its rare branches and
 * its invariants, here as data and in the code as calls of `Assertions`; a swarm of seeds is only believed when it has
 * reached every point that is required. Source: Antithesis' "sometimes assertions", and FoundationDB's TEST macros before
 * them. `catalogue.test.ts` holds this list and the code together.
 */

/** One point of the store. Each is used exactly once in the sources. */
export interface CataloguePoint {
  /** A sentence in the store's words that is true when the point is reached, or, for `always`, whenever it is asked. */
  readonly name: string;
  readonly kind: "always" | "sometimes" | "reachable";
  /** True: the standard seeds of the simulation must reach it; an `always` is reached when it was asked. */
  readonly required: boolean;
  /** Where the name does not say why it matters, or why it is not required. */
  readonly why?: string;
}

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

const REPLICA_POINTS = [
  { name: "a replica's answer included a hint", kind: "reachable", required: true },
  { name: "a replica merged concurrent versions", kind: "sometimes", required: true },
  { name: "a replica merged three versions or more", kind: "sometimes", required: true },
  {
    name: "a replica received what it had overtaken",
    kind: "reachable",
    required: true,
    why: "A repair or a hint that lost a race must change nothing.",
  },
  {
    name: "a record that changed nothing waited for the write under way",
    kind: "sometimes",
    required: true,
    why: "Acknowledged at once it would be acknowledged before it is durable.",
  },
  { name: "a write waited for its key", kind: "sometimes", required: true },
  {
    name: "a row that came from others got a fresh actor",
    kind: "sometimes",
    required: true,
    why: "Peers may know higher counters of the actor this node had there before.",
  },
  { name: "a row's own actor was given up", kind: "sometimes", required: true },
  { name: "a write was lost and its actor retired", kind: "sometimes", required: true },
  {
    name: "a mint was refused since its disk loses writes",
    kind: "reachable",
    required: true,
    why: "Each would cost an actor, and the clocks of its key grow everywhere (disk-doubt.ts).",
  },
  {
    name: "a disk that had lost writes was found well again",
    kind: "reachable",
    required: true,
    why: "The doubt must end, or the node coordinates nothing any more.",
  },
  {
    name: "a row was read between a lost write and the news of it",
    kind: "sometimes",
    required: false,
    why: "A moment between two reactions of one turn; depends on the engine.",
  },
  {
    name: "a write leaves more than it found",
    kind: "always",
    required: true,
    why: "Its dot is new, so what was there cannot cover it; in the paper's own modes it may.",
  },
  {
    name: "a clock was cut short",
    kind: "sometimes",
    required: true,
    why: "In a merge such a clock covers less than it has seen (K-8).",
  },
  {
    name: "a record was ahead of the node's clock beyond the bound",
    kind: "reachable",
    required: true,
    why: "The skew alarm, where the last write wins by clocks (K-14).",
  },
  {
    name: "a write was refused for too long a clock",
    kind: "reachable",
    required: false,
    why: "Some 300 actors of one key: no seed runs that long.",
  },
  {
    name: "an answer had no context",
    kind: "reachable",
    required: false,
    why: "The same, and by merges beyond what any node would write.",
  },
  {
    name: "a write was refused for too many siblings",
    kind: "reachable",
    required: false,
    why: "Takes more versions than the few clients of a run make.",
  },
  { name: "a hint was merged into one that is kept", kind: "sometimes", required: true },
  { name: "a hint was stored for an owner without one", kind: "sometimes", required: true },
  { name: "the write of a hint was lost", kind: "reachable", required: true },
  { name: "a node started with hints of an earlier life", kind: "sometimes", required: true },
  { name: "a hint changed during its delivery and stayed", kind: "reachable", required: true },
  { name: "a hint was refused for want of room", kind: "reachable", required: true },
  { name: "a damaged row was read to be written over", kind: "reachable", required: true },
  {
    name: "a read left a damaged hint out beside its own row",
    kind: "reachable",
    required: false,
    why: "Takes the damage of one of the few hints that a key's own primary keeps: damaged-rows.test.ts makes it.",
  },
  {
    name: "a damaged hint was removed",
    kind: "reachable",
    required: false,
    why: "Takes a damaged hint that is there long enough to be found.",
  },
] as const satisfies readonly CataloguePoint[];

const TOMBSTONE_POINTS = [
  { name: "tombstones were removed everywhere", kind: "reachable", required: true },
  {
    name: "tombstones stayed because not all nodes held the same",
    kind: "reachable",
    required: false,
    why: "Takes a hint, or a node that is behind, for as long as half a grace: deletes.test.ts makes that happen.",
  },
  {
    name: "tombstones waited since a hint may have gone a moment ago",
    kind: "reachable",
    required: true,
    why: "Copies of a hint may be late that are seconds old, and it shows on no node any more.",
  },
  {
    name: "tombstones were written over while they were being removed",
    kind: "sometimes",
    required: false,
    why: "The writer must come between two messages of one exchange.",
  },
] as const satisfies readonly CataloguePoint[];

const PEER_POINTS = [
  { name: "a hint was delivered to its owner", kind: "reachable", required: true },
  {
    name: "a hint went to those who took over from its owner",
    kind: "reachable",
    required: false,
    why: "All nodes of a run have one ring for as long as it lasts.",
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
  { name: "an answer cleared misses that were too few", kind: "sometimes", required: true },
  { name: "a detector that has stopped pings nobody", kind: "always", required: true },
] as const satisfies readonly CataloguePoint[];

const ANTI_ENTROPY_POINTS = [
  { name: "an exchange found equal trees", kind: "sometimes", required: true },
  { name: "an exchange brought a record from a peer", kind: "reachable", required: true },
  { name: "an exchange brought a record to a peer", kind: "reachable", required: true },
  { name: "an exchange merged both ways", kind: "sometimes", required: true },
  {
    name: "a difference was gone when an exchange looked at it",
    kind: "reachable",
    required: true,
    why: "A write in flight makes replicas differ for a moment, which must harm nothing.",
  },
  { name: "an exchange stopped before its end", kind: "reachable", required: true },
  { name: "a key could not be brought together by an exchange", kind: "reachable", required: true },
  {
    name: "an exchange met a damaged row",
    kind: "reachable",
    required: false,
    why: "Reads mostly come first; `harness/drivers/sim/damaged-rows.test.ts` lets none.",
  },
  {
    name: "a hash tree had drifted from its rows",
    kind: "reachable",
    required: false,
    why: "Only disks that damage rows should make it so (K-19).",
  },
  {
    name: "a leaf went back with its row after a lost write",
    kind: "reachable",
    required: true,
    why: "Else two replicas would be equal by their trees and different by their rows.",
  },
] as const satisfies readonly CataloguePoint[];

const RPC_POINTS = [
  { name: "a connection was dropped for silence", kind: "reachable", required: true },
  { name: "a request came after its caller had given it up", kind: "reachable", required: true },
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
  { name: "a request under another ring was refused", kind: "reachable", ...UNDRAWN },
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

const BUFFER_POINTS = [
  {
    name: "a write found the buffer full and went through",
    kind: "reachable",
    required: true,
    why: "Acknowledged at once it would be in no buffer and on no disk.",
  },
  {
    name: "a write took the place of an older one in the buffer",
    kind: "sometimes",
    required: true,
  },
  { name: "a flush of the buffer failed", kind: "reachable", required: true },
  { name: "a buffer took writes again after a failed flush", kind: "reachable", required: true },
  {
    name: "a row was written while the row cache read it",
    kind: "sometimes",
    required: true,
    why: "What was read is older than what is stored, and must not be kept.",
  },
  { name: "the row cache gave up what was not read for long", kind: "reachable", required: true },
] as const satisfies readonly CataloguePoint[];

const MEMBERSHIP_POINTS = [
  { name: "a change of the membership was open", kind: "sometimes", ...UNDRAWN },
  { name: "a change of the membership was complete", kind: "sometimes", ...UNDRAWN },
  { name: "a node received all that a change gave it", kind: "reachable", ...UNDRAWN },
  { name: "a request was sent again under another ring", kind: "reachable", ...UNDRAWN },
  { name: "a request ended because the ring had changed", kind: "reachable", ...UNDRAWN },
  {
    name: "a replica heard of a change by a request, and served it",
    kind: "reachable",
    ...UNDRAWN,
  },
  { name: "the ring changed while a replica stored a copy", kind: "reachable", ...UNDRAWN },
  { name: "the ring changed while a coordinator stored its copy", kind: "reachable", ...UNDRAWN },
  {
    name: "a request of a client was refused by a node that is no member",
    kind: "reachable",
    ...UNDRAWN,
  },
] as const satisfies readonly CataloguePoint[];

const SNAPSHOT_POINTS = [
  {
    name: "a snapshot was given hints",
    kind: "sometimes",
    required: true,
    why: "Where their owner is missing they are the copies that the acknowledgement counted.",
  },
] as const satisfies readonly CataloguePoint[];

export const CATALOGUE = [
  ...READ_POINTS,
  ...WRITE_POINTS,
  ...FORWARD_POINTS,
  ...REPLICA_POINTS,
  ...TOMBSTONE_POINTS,
  ...PEER_POINTS,
  ...ANTI_ENTROPY_POINTS,
  ...RPC_POINTS,
  ...NODE_POINTS,
  ...BUFFER_POINTS,
  ...SNAPSHOT_POINTS,
  ...MEMBERSHIP_POINTS,
] as const;

type Point = (typeof CATALOGUE)[number];

export type AlwaysPoint = Extract<Point, { kind: "always" }>["name"];
export type SometimesPoint = Extract<Point, { kind: "sometimes" }>["name"];
export type ReachablePoint = Extract<Point, { kind: "reachable" }>["name"];
