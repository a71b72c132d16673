import type { HistoryLine, Operation } from "../../history/operation.ts";
import type { FaultFile, FaultRecord } from "../../nemesis/fault.ts";
import type { ReportInput } from "../html/run-view.ts";
import type { Chance } from "./seeded-chance.ts";
import { seededChance } from "./seeded-chance.ts";
import { syntheticFaults } from "./synthetic-faults.ts";
import type { SyntheticHistory, SyntheticLoss, SyntheticOptions } from "./synthetic-shapes.ts";
import { summariseSynthetic } from "./synthetic-summary.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"] as const;
const CARTS = 40;
const PROCESSES = 200;
const TIMEOUT_MS = 1_000;

/**
 * A run as the harness would leave it, made up from a seed: open-loop shopping carts, latencies with a long tail,
 * partitions that slow and refuse some of the operations, final reads. `invalid` drops acknowledged items,
 * `unknown` has a fault that did not bite.
 */
export function syntheticRun(options: SyntheticOptions): ReportInput {
  const chance = seededChance(options.seed);
  const faults = syntheticFaults(options);
  const history = new CartHistory(options, faults, chance).make();
  return { ...summariseSynthetic(options, history, faults), history: history.lines, faults };
}

class CartHistory {
  readonly #options: SyntheticOptions;
  readonly #faults: FaultFile;
  readonly #chance: Chance;
  readonly #events: Operation[] = [];
  readonly #carts = new Map<string, Set<string>>();
  readonly #busyUntilNs = new Float64Array(PROCESSES);
  readonly #processes = Array.from({ length: PROCESSES }, (_, slot) => slot);
  readonly #doomed: { readonly key: string; readonly value: string; readonly goneNs: number }[] =
    [];
  #processNext = PROCESSES;
  #acknowledged = 0;

  constructor(options: SyntheticOptions, faults: FaultFile, chance: Chance) {
    this.#options = options;
    this.#faults = faults;
    this.#chance = chance;
  }

  make(): SyntheticHistory {
    const { seconds, rate } = this.#options;
    const gapNs = 1e9 / rate;
    for (let at = 0; at < seconds * rate; at += 1) this.#call(at, Math.round(at * gapNs));
    const sorted = this.#events.sort((a, b) => a.timeNs - b.timeNs || a.index - b.index);
    const lines: HistoryLine[] = sorted.map((line, index) => ({ ...line, index }));
    const lost = this.#losses(lines);
    return { lines: [...lines, ...this.#ending(lines)], lost, acknowledged: this.#acknowledged };
  }

  #call(at: number, intendedNs: number): void {
    const slot = at % PROCESSES;
    const process = this.#processes[slot] ?? 0;
    const node = NODES[slot % NODES.length] ?? "n1";
    const key = `cart-${Math.floor(this.#chance() * CARTS)}`;
    const draw = this.#chance();
    const f = draw < 0.45 ? "view" : draw < 0.85 ? "add" : "remove";
    const timeNs = Math.max(intendedNs, this.#busyUntilNs[slot] ?? 0);
    const fault = this.#faultAt(timeNs);
    const cart = this.#carts.get(key) ?? new Set<string>();
    this.#carts.set(key, cart);
    const value =
      f === "view" ? null : f === "add" ? `item-${at}` : ([...cart][0] ?? `item-none-${at}`);
    const base = { process, node, f, key, intendedNs };
    this.#events.push({ ...base, index: this.#events.length, type: "invoke", value, timeNs });
    const type = this.#outcome(f, node, fault);
    const latencyMs = type === "info" ? TIMEOUT_MS : this.#latencyMs(f, fault !== undefined);
    const endNs = Math.round(timeNs + latencyMs * 1e6);
    this.#busyUntilNs[slot] = endNs;
    if (type === "info") this.#processes[slot] = this.#processNext++;
    const seen = type === "ok" ? this.#apply(f, key, cart, value, endNs, fault) : value;
    this.#events.push({
      ...base,
      index: this.#events.length,
      type,
      value: seen,
      timeNs: endNs,
      ...(type === "ok" ? {} : { error: type === "info" ? "timeout" : "quorum-not-met" }),
      ...(f === "view" && type === "ok" ? { versions: this.#versions(fault !== undefined) } : {}),
    });
  }

  #apply(
    f: string,
    key: string,
    cart: Set<string>,
    value: string | null,
    endNs: number,
    fault: FaultRecord | undefined,
  ): unknown {
    for (const doomed of this.#doomed) {
      if (doomed.key === key && doomed.goneNs <= endNs) cart.delete(doomed.value);
    }
    if (f === "view") return [...cart].slice(-12);
    if (f === "remove") {
      cart.delete(value ?? "");
      return value;
    }
    cart.add(value ?? "");
    this.#acknowledged += 1;
    const loses =
      this.#options.verdict === "invalid" && fault !== undefined && this.#chance() < 0.01;
    if (loses) this.#doomed.push({ key, value: value ?? "", goneNs: endNs + 1.5e9 });
    return value;
  }

  #outcome(f: string, node: string, fault: FaultRecord | undefined): "ok" | "fail" | "info" {
    if (fault === undefined) return "ok";
    const side = fault.sides.find((names) => names.includes(node)) ?? NODES;
    const hardship = side.length >= 3 ? 0.01 : 0.35;
    if (this.#chance() >= hardship) return "ok";
    return f === "view" && this.#chance() < 0.8 ? "fail" : "info";
  }

  // A log-normal body with a rare long tail; a hedge after 100 ms shows up while a fault lasts.
  #latencyMs(f: string, faulty: boolean): number {
    const body = Math.exp(0.9 + 0.45 * this.#normal()) * (f === "view" ? 0.7 : 1.2);
    const hedged = faulty && this.#chance() < 0.12 ? 100 + 6 * Math.abs(this.#normal()) : 0;
    const tail = this.#chance() < 0.002 ? 20 + 160 * this.#chance() : 0;
    return body + hedged + tail;
  }

  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#chance()));
    return radius * Math.cos(2 * Math.PI * this.#chance());
  }

  #versions(faulty: boolean): number {
    const draw = this.#chance();
    const several = faulty ? 0.2 : 0.02;
    return draw < several * 0.1 ? 4 : draw < several * 0.3 ? 3 : draw < several ? 2 : 1;
  }

  #faultAt(timeNs: number): FaultRecord | undefined {
    return this.#faults.faults.find(
      ({ appliedNs, healStartNs }) => appliedNs <= timeNs && timeNs < healStartNs,
    );
  }

  #losses(lines: readonly HistoryLine[]): SyntheticLoss[] {
    const doomed = new Map(this.#doomed.map(({ key, value }) => [value, key]));
    const removed = new Set<unknown>();
    for (const line of lines) if ("f" in line && line.f === "remove") removed.add(line.value);
    return lines.flatMap((line) => {
      if (!("f" in line) || line.f !== "add" || line.type !== "ok") return [];
      const value = String(line.value);
      if (!doomed.has(value) || removed.has(value)) return [];
      return [{ key: line.key, value, index: line.index }];
    });
  }

  #ending(lines: readonly HistoryLine[]): HistoryLine[] {
    const startNs = Math.max(lines.at(-1)?.timeNs ?? 0, this.#faults.faults.at(-1)?.healedNs ?? 0);
    let index = lines.length;
    const ending: HistoryLine[] = [
      { index: index++, type: "marker", name: "healed", timeNs: startNs },
      { index: index++, type: "marker", name: "quiesced", timeNs: startNs + 8.4e8 },
    ];
    const gone = new Set(this.#doomed.map(({ value }) => value));
    for (const [at, [key, cart]] of [...this.#carts].entries()) {
      const timeNs = startNs + 1e9 + at * 1e6;
      const value = [...cart].filter((item) => !gone.has(item));
      ending.push({
        index: index++,
        type: "final-read",
        node: "n1",
        key,
        value,
        versions: 1,
        timeNs,
      });
      for (const node of NODES.slice(0, 3)) {
        const digest = `${at.toString(16).padStart(4, "0")}${node === "n3" && at === 0 && this.#options.verdict === "invalid" ? "beef" : "cafe"}`;
        const read = { type: "replica-read", node, key, value: null, versions: 1, digest } as const;
        ending.push({ ...read, index: index++, timeNs });
      }
    }
    return ending;
  }
}
