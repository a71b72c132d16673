import type { Truncation, Versioning } from "../causality/versioning.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import type { Environment } from "../env/environment.ts";
import type { CurrentMembers } from "../membership/current-members.ts";
import { FixedMembers } from "../membership/current-members.ts";
import { Membership } from "../membership/membership.ts";
import { Life } from "../replica/life.ts";
import { Replica } from "../replica/replica.ts";
import { createRing } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import type { Engine } from "../storage/engine.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { foundersOf } from "./founders.ts";
import { ringOptionsOf } from "./ring-options.ts";

export interface NodeParts {
  readonly configuration: NodeConfiguration;
  readonly engine: Engine;
  /** True: the data come from a backup, and whatever was minted since may be known elsewhere. */
  readonly isRestored?: boolean;
}

/** What of a node is there before it listens. */
export interface OpenedParts {
  readonly members: CurrentMembers;
  /** Undefined where the members never change. */
  readonly membership: Membership | undefined;
  readonly versioning: Versioning;
  readonly life: Life;
  readonly replica: Replica;
}

/** Begins a life on the engine and reads what it holds: members, hints, rows. Rejects where it cannot be read, or stores nothing. */
export async function openNode(environment: Environment, parts: NodeParts): Promise<OpenedParts> {
  const { configuration, engine, isRestored } = parts;
  const { nodeId, clockSkewMaxMs, tombstoneGraceMs } = configuration;
  const ring = createRing(ringOptionsOf(configuration));
  const versioning = versioningFor(configuration.versioning, {
    truncation: truncationOf(configuration),
    clockSkewMaxMs,
  });
  const life = await Life.begin(environment, { engine, nodeId, isRestored });
  const membership = await openMembership(environment, parts, { life, ring });
  const members = membership ?? new FixedMembers(nodeId, ring, configuration.members);
  const replica = await Replica.open(environment, {
    engine,
    versioning,
    ring: () => members.ring(),
    nodeId,
    life,
    limits: configuration,
    clockSkewMaxMs,
    hintLimits: configuration,
    tombstoneGraceMs,
  });
  return { members, membership, versioning, life, replica };
}

function truncationOf({ truncate, clockEntriesMax }: NodeConfiguration): Truncation | undefined {
  return truncate === "off" ? undefined : { rule: truncate, entriesMax: clockEntriesMax };
}

async function openMembership(
  environment: Environment,
  { configuration, engine }: NodeParts,
  { life, ring }: { readonly life: Life; readonly ring: Ring },
): Promise<Membership | undefined> {
  const { gossipMs, nodeId, n, w } = configuration;
  if (gossipMs === 0) return undefined;
  const founders = foundersOf(configuration, ring);
  return Membership.open(environment, { engine, nodeId, life: life.name, founders, n, w });
}
