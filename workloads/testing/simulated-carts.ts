/*
 * A short run of the shopping cart on virtual time against `oneRecordStore`: workload, interpreter, recorder and final
 * reads are the real ones.
 */

import type { InterpreterResult } from "../../harness/generator/interpreter.ts";
import { interpret } from "../../harness/generator/interpreter.ts";
import { openLoop } from "../../harness/generator/open-loop.ts";
import { VirtualClock } from "../../harness/generator/testing/virtual-clock.ts";
import type { FinalRead, HistoryHeader, HistoryLine } from "../../harness/history/operation.ts";
import { Recorder } from "../../harness/history/recorder.ts";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import type { Store } from "../../src/client/contract.ts";
import type { CartKind } from "../../src/client/reconcile/cart-reconciler.ts";
import { cartReconciler } from "../../src/client/reconcile/cart-reconciler.ts";
import { readCarts } from "../read-carts.ts";
import { cartClients, cartKeys, cartOperations } from "../shopping-cart.ts";
import { oneRecordStore } from "./one-record-store.ts";

export interface SimulatedCartsOptions {
  readonly seed: number;
  readonly mode: VersioningMode;
  readonly reconcile: CartKind;
  readonly doubt?: number;
  readonly refused?: number;
  readonly carts?: number;
  readonly seconds?: number;
  /** What a process is given in place of the store: a store that is wrong. Default: the store itself. */
  readonly planted?: (store: Store, process: number) => Store;
}

export interface SimulatedCarts {
  readonly header: HistoryHeader;
  readonly lines: readonly HistoryLine[];
  /** What went to the sink. */
  readonly text: string;
  readonly result: InterpreterResult;
}

const NODES = ["n1", "n2", "n3", "n4", "n5"];

export async function simulateCarts(options: SimulatedCartsOptions): Promise<SimulatedCarts> {
  const { seed, mode, reconcile, carts = 4, seconds = 1, doubt = 0, refused = 0 } = options;
  const { planted = (store) => store } = options;
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const header: HistoryHeader = {
    format: "ringside-history",
    version: 1,
    workload: "shopping-cart",
    seed,
    nodes: NODES,
  };
  let text = "";
  const sink = {
    write: (more: string) => {
      text += more;
    },
  };
  const recorder = new Recorder({ clock }, sink, header);
  const after = (delayMs: number) => clock.after(delayMs);
  const store = oneRecordStore({ mode, random: random.fork("store"), after, doubt, refused });
  const reconciler = cartReconciler(reconcile);
  const keys = cartKeys(carts);
  const clients = cartClients(reconciler, random.fork("clients"), (process, homeNode) => ({
    store: planted(store, process),
    answeredBy: () => homeNode,
    close: () => {},
  }));
  const load = openLoop({ ratePerSecond: 500, arrivals: "poisson" }, cartOperations(keys));
  const result = await clock.run(
    interpret(
      { clock, random: random.fork("generator") },
      { generator: load, clients, recorder },
      { nodes: NODES, processes: 10, timeLimitNs: seconds * 1e9, drainMs: 1_000 },
    ),
  );
  recorder.note({ type: "marker", name: "healed" });
  recorder.note({ type: "marker", name: "quiesced" });
  const readers = NODES.map((node) => ({ node, store }));
  await clock.run(readCarts({ recorder, readers }, { keys, reconciler, replicas: 3 }));
  for (const line of recorder.lines.filter(({ type }) => type === "final-read")) {
    // One record stands for all replicas, so the copies agree by construction.
    for (const [position, node] of NODES.entries()) {
      const digest = position < 3 ? "one-record" : null;
      const { key } = line as FinalRead;
      recorder.note({ type: "replica-read", node, key, value: null, versions: 1, digest });
    }
  }
  await recorder.flush();
  return { header, lines: recorder.lines, text, result };
}
