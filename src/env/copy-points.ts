import type { CataloguePoint } from "./catalogue-point.ts";

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
  {
    name: "tombstones stayed while rows were on their way to other owners",
    kind: "reachable",
    required: true,
  },
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
    name: "an exchange counted for nothing, since a write was lost",
    kind: "sometimes",
    required: false,
    why: "Who takes a range over would say that it has what its disk did not take.",
  },
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
    name: "the engine below a write buffer died",
    kind: "reachable",
    required: false,
    why: "No drawn plan has disks that fail for good; two plans of the corpus do.",
  },
  {
    name: "a row was written while the row cache read it",
    kind: "sometimes",
    required: true,
    why: "What was read is older than what is stored, and must not be kept.",
  },
  { name: "the row cache gave up what was not read for long", kind: "reachable", required: true },
] as const satisfies readonly CataloguePoint[];

const SNAPSHOT_POINTS = [
  {
    name: "a snapshot was given hints",
    kind: "sometimes",
    required: true,
    why: "Where their owner is missing they are the copies that the acknowledgement counted.",
  },
] as const satisfies readonly CataloguePoint[];

/** Points of what a node keeps, and of how copies are brought together and go. */
export const COPY_POINTS = [
  ...REPLICA_POINTS,
  ...TOMBSTONE_POINTS,
  ...ANTI_ENTROPY_POINTS,
  ...BUFFER_POINTS,
  ...SNAPSHOT_POINTS,
] as const;
