import type { FaultFile, FaultRecord, Link, ProbeResult } from "../../nemesis/fault.ts";
import type { SyntheticOptions } from "./synthetic-shapes.ts";

const KINDS = [
  {
    kind: "halves",
    sides: [
      ["n1", "n2", "n3"],
      ["n4", "n5"],
    ],
  },
  { kind: "one", sides: [["n1", "n2", "n3", "n4"], ["n5"]] },
  {
    kind: "bridge",
    sides: [
      ["n1", "n2", "n3"],
      ["n4", "n5"],
    ],
  },
  { kind: "one-way", sides: [["n2", "n3", "n4", "n5"], ["n1"]] },
] as const;

/** Four partitions spread over the run; in an unknown run the third one does not bite. */
export function syntheticFaults({ seconds, verdict }: SyntheticOptions): FaultFile {
  const slotNs = (seconds * 1e9) / (KINDS.length + 0.5);
  const faults = KINDS.map(({ kind, sides }, at): FaultRecord => {
    const startNs = (at + 0.4) * slotNs;
    const links = linksBetween(sides);
    const bit = !(verdict === "unknown" && at === 2);
    return {
      name: `${at + 1}-${kind}-blackhole`,
      kind,
      links,
      nodes: [],
      sides,
      applyStartNs: startNs,
      appliedNs: startNs + 4e7,
      healStartNs: startNs + slotNs * 0.6,
      healedNs: startNs + slotNs * 0.6 + 9e7,
      proof: {
        before: probes(links, true),
        during: probes(links, !bit),
        after: probes(links, true),
        bit,
        reason: bit ? "" : `All ${links.length} probes answered although the links were cut.`,
      },
    };
  });
  return { format: "ringside-faults", version: 1, faults, silentLinks: [] };
}

function linksBetween(sides: readonly (readonly string[])[]): Link[] {
  const [left = [], right = []] = sides;
  const oneWay = left.flatMap((from) => right.map((to) => ({ from, to })));
  return [...oneWay, ...oneWay.map(({ from, to }) => ({ from: to, to: from }))];
}

function probes(links: readonly Link[], answered: boolean): ProbeResult[] {
  return links.map((link) => ({
    ...link,
    answered,
    detail: answered ? "answered in 1.2 ms" : "no answer within 500 ms",
  }));
}
