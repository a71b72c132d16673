import { clientGroup } from "../nemesis/fault.ts";
import type { Phase } from "./phases.ts";
import { HEALTHY } from "./phases.ts";

/** How many nodes take part in a request while a fault is in force, by the home of the client. */
export interface Reach {
  /** The most that any coordinator hears; a success that needs more cannot be. */
  most(home: string, isWrite: boolean): number;
  /** As many answer, and in time, whoever coordinates; 0 where nobody knows that. */
  least(home: string, isWrite: boolean): number;
}

export interface ReachOptions {
  readonly nodes: readonly string[];
  readonly clientsRoam: boolean;
  /** Clients go to the nodes of the key first. */
  readonly asksOwners?: boolean;
}

/** Kinds of faults whose links carry nothing. */
const CUTS: ReadonlySet<string> = new Set([
  "halves",
  "one",
  "ring",
  "bridge",
  "one-way",
  "datacenter",
]);
/** The kind whose links carry everything, late. */
const SLOW = "slow";
/** Kinds of faults whose nodes say nothing as long as they last. */
const SILENCES: ReadonlySet<string> = new Set(["crash", "pause", "disconnect"]);

/**
 * A request needs its coordinator, and replicas that hear it and are heard by it: an exchange takes both directions, whoever dialled,
 * and whoever is asked in vain is soon believed down. A client asks its home first, others after it; one that roams has no home, and one that knows the ring asks any node
 * that it reaches. A read is coordinated by the
 * node that was asked, a write by that one or one that it can reach. Undefined for kinds of faults of which it is not known whom
 * they keep from answering.
 */
export function reachOf(
  phase: Phase,
  { nodes, clientsRoam, asksOwners = false }: ReachOptions,
): Reach | undefined {
  const { kind } = phase;
  const isKnown = kind === HEALTHY || kind === SLOW || CUTS.has(kind) || SILENCES.has(kind);
  if (!isKnown) return undefined;
  const hit = new Set(phase.links.map(({ from, to }) => wayOf(from, to)));
  const silent = new Set(SILENCES.has(kind) ? phase.nodes : []);
  const isWhole = (one: string, other: string) =>
    !silent.has(other) && !hit.has(wayOf(one, other)) && !hit.has(wayOf(other, one));
  /** Those that answer a node at once, itself among them. */
  const promptOf = (node: string) =>
    silent.has(node) ? [] : nodes.filter((peer) => isWhole(node, peer));
  /** Those that answer at all: over slow links, too. */
  const peersOf = (node: string) => (kind === SLOW ? nodes : promptOf(node));
  /** True where no way of the client's is slow. */
  const isPromptFor = (home: string) => nodes.every((node) => isWhole(clientGroup(home), node));
  return {
    most(home, isWrite) {
      const asked = nodes.filter((node) => kind === SLOW || isWhole(clientGroup(home), node));
      return Math.max(0, ...coordinatorsOf(asked, isWrite).map((node) => peersOf(node).length));
    },
    least(home, isWrite) {
      if (!clientsRoam && !isWhole(clientGroup(home), home)) return 0;
      if (asksOwners && kind === SLOW && !isPromptFor(home)) return 0;
      const asked = clientsRoam ? nodes : askedFrom(home);
      if (asked.some((node) => silent.has(node))) return 0;
      return Math.min(...coordinatorsOf(asked, isWrite).map((node) => promptOf(node).length));
    },
  };

  /** By a client that has a home: those whom it may ask before others. */
  function askedFrom(home: string): readonly string[] {
    if (!asksOwners) return [home];
    // A cut way refuses at once, and the next node is asked; a slow one does not.
    if (kind === SLOW) return nodes;
    return nodes.filter((node) => silent.has(node) || isWhole(clientGroup(home), node));
  }

  function coordinatorsOf(asked: readonly string[], isWrite: boolean): readonly string[] {
    return isWrite ? [...new Set(asked.flatMap(peersOf))] : asked;
  }
}

function wayOf(from: string, to: string): string {
  return `${from}~${to}`;
}
