/*
 * A history taken apart once, for all checkers: operations paired, the reads at the end, the points that a run marks, and
 * the times of the faults.
 */

import type {
  FinalRead,
  HistoryHeader,
  HistoryLine,
  Marker,
  TreeRoots,
} from "../history/operation.ts";
import type { Pair } from "../history/pairs.ts";
import { pairOperations } from "../history/pairs.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import type { PhaseMap } from "./phases.ts";
import { mapPhases } from "./phases.ts";

export interface Evidence {
  readonly header: HistoryHeader;
  /** The nodes that are members at the end. */
  readonly members: readonly string[];
  readonly lines: readonly HistoryLine[];
  /** In the order of the invocations. */
  readonly pairs: readonly Pair[];
  /** Promises of the history that pairing found broken. */
  readonly pairProblems: readonly string[];
  /** By key, the last one that could be read, else the last one. */
  readonly finalReads: ReadonlyMap<string, FinalRead>;
  readonly replicaReads: readonly FinalRead[];
  /** By node, the last that it told since the cluster settled. */
  readonly treeRoots: ReadonlyMap<string, TreeRoots>;
  readonly markers: readonly Marker[];
  /** The last of the markers that tell whether the cluster settled; undefined where none comes after the last fault was healed. */
  readonly settled: Marker | undefined;
  /** Undefined where the run left no `faults.json`. */
  readonly faultFile: FaultFile | undefined;
  readonly phases: PhaseMap;
}

const SETTLED: ReadonlySet<Marker["name"]> = new Set(["quiesced", "unsettled"]);

export function gatherEvidence(
  header: HistoryHeader,
  lines: readonly HistoryLine[],
  faultFile: FaultFile | undefined,
): Evidence {
  const { pairs, problems } = pairOperations(lines);
  const finalReads = new Map<string, FinalRead>();
  const replicaReads: FinalRead[] = [];
  const treeRoots = new Map<string, TreeRoots>();
  const markers: Marker[] = [];
  let settled: Marker | undefined;
  let members = header.nodes;
  for (const line of lines) {
    if (line.type === "final-read") {
      const earlier = finalReads.get(line.key);
      if (line.error === undefined || earlier === undefined || earlier.error !== undefined) {
        finalReads.set(line.key, line);
      }
    } else if (line.type === "replica-read") {
      replicaReads.push(line);
    } else if (line.type === "tree-roots") {
      treeRoots.set(line.node, line);
    } else if (line.type === "marker") {
      markers.push(line);
      members = line.members ?? members;
    }
    // What was settled before a fault, or before the last one was healed, may be so no more.
    if (line.type === "fault" || (line.type === "marker" && line.name === "healed")) {
      settled = undefined;
      treeRoots.clear();
    } else if (line.type === "marker" && SETTLED.has(line.name)) {
      settled = line;
      treeRoots.clear();
    }
  }
  return {
    header,
    members,
    lines,
    pairs,
    pairProblems: problems,
    finalReads,
    replicaReads,
    treeRoots,
    markers,
    settled,
    faultFile,
    phases: mapPhases(faultFile?.faults ?? [], pairs),
  };
}
