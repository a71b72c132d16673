import type { Actor } from "../../../../src/base/ids.ts";
import type { Clock } from "../../../../src/causality/versioning.ts";
import type { ClientRequest, Copy, KnownRow } from "./key-state.ts";

/**
 * The clocks under which a write may have been made and left no trace (K-2): in mode `vector-clock` a coordinator counts on
 * from what the client had read, and where a version that it holds has that clock or a later one, the stored version
 * stays in place of the new one. A router that goes on to a second coordinator may so be answered by one whose write
 * shows nowhere, beside the other's that does; what has to be on W copies is then the version that stayed. Who coordinates looks up its row,
 * so nodes that did not since the client asked are none.
 */
export function tracelessClocks(request: ClientRequest): readonly Clock[] {
  const { state, context, lookedUpAt, lostCopies, removed } = request;
  if (context === undefined || lookedUpAt === undefined) return [];
  const held = state.copies.map(({ node, visible }) => ({ node, row: visible }));
  const clocks = new Map<Actor, Clock>();
  for (const { node, row } of [...held, ...lostCopies, ...removed]) {
    const actor = row?.localActor;
    if (row === undefined || actor === undefined || !lookedUpAt.has(node)) continue;
    const clock = new Map(context).set(actor, (context.get(actor) ?? 0) + 1);
    if (holdsVersionOf(row, clock)) clocks.set(actor, clock);
  }
  return [...clocks.values()];
}

/** A node looks up its row: what it does so for may be any write of the key that is under way. */
export function noteLookup({ state, node }: Copy, requests: Iterable<ClientRequest>): void {
  for (const request of requests) {
    if (request.state !== state || request.payload === undefined) continue;
    request.lookedUpAt ??= new Set();
    request.lookedUpAt.add(node);
  }
}

/** A row goes whose owner has what it holds: the node may have coordinated under it before. */
export function noteRemoval(
  { state, node }: Copy,
  row: KnownRow,
  requests: Iterable<ClientRequest>,
): void {
  for (const request of requests) {
    if (request.state === state && request.payload !== undefined) {
      request.removed = [...request.removed, { node, row }];
    }
  }
}

/** True where one version of the row has this clock or a later one. */
export function holdsVersionOf({ record }: KnownRow, clock: Clock): boolean {
  return (record.versionClocks ?? []).some((version) =>
    [...clock].every(([actor, counter]) => (version.get(actor) ?? 0) >= counter),
  );
}
