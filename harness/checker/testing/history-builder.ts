import type { HistoryHeader, HistoryLine, Marker, Operation } from "../../history/operation.ts";
import type { Completion } from "../../history/recorder.ts";
import type { FaultRecord, Link } from "../../nemesis/fault.ts";
import type { Carts } from "../cart-items.ts";
import { gatherCarts } from "../cart-items.ts";
import type { Evidence } from "../evidence.ts";
import { gatherEvidence } from "../evidence.ts";

export const NODES = ["n1", "n2", "n3", "n4", "n5"];

export const HEADER: HistoryHeader = {
  format: "ringside-history",
  version: 1,
  workload: "shopping-cart",
  seed: 1,
  nodes: NODES,
};

type Ending = Partial<Omit<Completion, "type">>;

/** Writes histories by hand; each line comes a millisecond after the one before. */
export class HistoryBuilder {
  readonly lines: HistoryLine[] = [];
  nowNs = 0;

  invoke(process: number, f: string, key: string, value: unknown = null): Operation {
    const node = NODES[process % NODES.length] ?? "";
    const intendedNs = this.nowNs;
    return this.#push({
      ...this.#place(),
      process,
      node,
      type: "invoke",
      f,
      key,
      value,
      intendedNs,
    });
  }

  complete(invocation: Operation, type: Completion["type"], ending: Ending = {}): Operation {
    const { process, node, f, key, value, intendedNs } = invocation;
    const error = type === "ok" ? {} : { error: "by-test" };
    const place = this.#place();
    return this.#push({
      ...place,
      process,
      node,
      type,
      f,
      key,
      value,
      intendedNs,
      ...error,
      ...ending,
    });
  }

  add(process: number, key: string, item: string, type: Completion["type"] = "ok"): Operation {
    return this.complete(this.invoke(process, "add", key, item), type);
  }

  remove(
    process: number,
    key: string,
    item: string,
    type: Completion["type"] = "ok",
    readSet: readonly string[] = [item],
  ): Operation {
    return this.complete(this.invoke(process, "remove", key), type, { value: item, readSet });
  }

  view(process: number, key: string, items: readonly string[], versions = 1): Operation {
    return this.complete(this.invoke(process, "view", key), "ok", { value: items, versions });
  }

  marker(name: Marker["name"], detail?: string, members?: readonly string[]): this {
    this.#push({
      ...this.#place(),
      type: "marker",
      name,
      ...(detail === undefined ? {} : { detail }),
      ...(members === undefined ? {} : { members }),
    });
    return this;
  }

  finalRead(key: string, items: readonly string[] | null, error?: string): this {
    const versions = items === null ? 0 : 1;
    const failure = error === undefined ? {} : { error };
    const place = this.#place();
    this.#push({
      ...place,
      type: "final-read",
      node: "n1",
      key,
      value: items,
      versions,
      ...failure,
    });
    return this;
  }

  /** Digests by node, in the order of the nodes. */
  replicas(key: string, ...digests: readonly (string | null)[]): this {
    for (const [position, digest] of digests.entries()) {
      const node = NODES[position] ?? "";
      const place = this.#place();
      this.#push({ ...place, type: "replica-read", node, key, value: null, versions: 1, digest });
    }
    return this;
  }

  treeRoots(
    node: string,
    roots: Readonly<Record<string, string>>,
    { isBuilt = true, error }: { readonly isBuilt?: boolean; readonly error?: string } = {},
  ): this {
    const failure = error === undefined ? {} : { error };
    this.#push({ ...this.#place(), type: "tree-roots", node, isBuilt, roots, ...failure });
    return this;
  }

  gathered(faults?: readonly FaultRecord[]): { evidence: Evidence; carts: Carts } {
    const faultFile =
      faults === undefined
        ? undefined
        : ({ format: "ringside-faults", version: 1, faults, silentLinks: [] } as const);
    const evidence = gatherEvidence(HEADER, this.lines, faultFile);
    return { evidence, carts: gatherCarts(evidence.pairs) };
  }

  #place(): { readonly index: number; readonly timeNs: number } {
    const timeNs = this.nowNs;
    this.nowNs += 1e6;
    return { index: this.lines.length, timeNs };
  }

  #push<Line extends HistoryLine>(line: Line): Line {
    this.lines.push(line);
    return line;
  }
}

/** Every link, either way, between nodes of different sides. */
function linksBetween(sides: readonly (readonly string[])[]): Link[] {
  return sides.flatMap((side) =>
    sides
      .filter((other) => other !== side)
      .flatMap((other) => side.flatMap((from) => other.map((to) => ({ from, to })))),
  );
}

/** A fault that was in force between the two times, in milliseconds, and bit. */
export function faultBetween(
  name: string,
  appliedMs: number,
  healStartMs: number,
  sides: readonly (readonly string[])[] = [NODES],
): FaultRecord {
  return {
    name,
    kind: "halves",
    links: linksBetween(sides),
    nodes: [],
    sides,
    applyStartNs: (appliedMs - 1) * 1e6,
    appliedNs: appliedMs * 1e6,
    healStartNs: healStartMs * 1e6,
    healedNs: (healStartMs + 1) * 1e6,
    proof: { before: [], during: [], after: [], bit: true, reason: "" },
  };
}
