/*
 * When losing data is allowed (architecture, section 8): one pure function, so that nobody excuses a loss after the fact.
 *
 * A run must come out valid where versions are ordered without losing any (dvvset, merged), clients join them without
 * dropping any (union, OR-set), and no read that is judged can miss an acknowledged write. When W replicas have it and faults
 * destroyed the data of some, at least W - destroyed still hold it, and a read of R among N can do without them where
 * N - (W - destroyed) >= R. What is judged is the reads at the end, which wait for R=N strictly, after all hints were
 * delivered: they miss a write only where no holder is left. A client's own read with a smaller R may miss one for a while
 * (after a wipe, R=W=2 of N=3 no longer overlap), but what it writes then is a sibling of what it did not see, and
 * drops nothing.
 *
 * Nemeses keep to the budget of W - 1 destroyed replicas unless told otherwise. Where a plan lists its faults one by one, as a
 * simulated one does, it is known how many replicas they destroy, and that number decides.
 */

import type { Expectation, NemesisKind, Plan } from "../run/plan.ts";

/** The part of a plan that decides what the end of a process destroys. */
export type Durability = Pick<Plan, "engine" | "writeBufferObjects">;

export interface ExpectationInput
  extends Pick<
    Plan,
    "versioning" | "reconcile" | "beyondBudget" | keyof Durability | "nemesis" | "n" | "w"
  > {
  /**
   * The most replicas whose data the planned faults destroy before they are synchronised again; undefined where only the
   * kinds of faults are known.
   */
  readonly replicasDestroyed?: number;
}

export function expectationOf(plan: ExpectationInput): Expectation {
  const { versioning, reconcile } = plan;
  if (versioning !== "dvvset" && versioning !== "merged") {
    return mayLose(`versioning ${versioning} drops concurrent writes that were acknowledged`);
  }
  if (reconcile !== "union" && reconcile !== "or-set") {
    return mayLose(`reconciler ${reconcile} keeps one of several versions`);
  }
  const destruction = destructionOf(plan);
  if (destruction !== undefined) return mayLose(destruction);
  return {
    verdict: "valid",
    reason: `${versioning} with ${reconcile} loses nothing while faults spare the data of W=${plan.w} replicas`,
  };
}

/**
 * True where a version may stay beside one whose writer had seen it, by design: only dvvset knows for each version whether a
 * context covers it. One vector for all versions does not (K-5), a clock that was cut forgot it (K-8).
 */
export function keepsFalseSiblings({ versioning }: Pick<ExpectationInput, "versioning">): boolean {
  return versioning !== "dvvset";
}

/**
 * True of the kinds of faults that may take acknowledged data from the node they hit. All that end a process in memory do, and
 * all that end one that buffers writes but do not let it flush. What a crash takes from a buffer is little and recent, and mostly
 * another replica has stored it; the budget still counts the node as destroyed, since nobody can name the moment from which
 * all that it had was stored elsewhere.
 */
export function destroysData(
  kind: NemesisKind,
  { engine, writeBufferObjects = 0 }: Durability,
): boolean {
  switch (kind) {
    case "wipe":
      return true;
    case "crash":
    case "memory":
      return engine === "memory" || writeBufferObjects > 0;
    case "restart":
      return engine === "memory";
    default:
      return false;
  }
}

/** Whether a read of R among N replicas may miss a write that W of them acknowledged, after the data of some were destroyed. */
export function mayMiss({
  n,
  r,
  w,
  replicasDestroyed,
}: Pick<Plan, "n" | "r" | "w"> & { readonly replicasDestroyed: number }): boolean {
  const holders = Math.max(0, w - replicasDestroyed);
  return n - holders >= r;
}

/** Why faults may destroy all copies of an acknowledged write; undefined where they cannot. */
function destructionOf(plan: ExpectationInput): string | undefined {
  const { replicasDestroyed, beyondBudget, engine, nemesis, n, w } = plan;
  const finalReadMisses = (destroyed: number) =>
    mayMiss({ n, r: n, w, replicasDestroyed: destroyed });
  if (replicasDestroyed !== undefined) {
    if (!finalReadMisses(replicasDestroyed)) return undefined;
    return `faults destroy the data of ${replicasDestroyed} replicas, W=${w} or more`;
  }
  if (beyondBudget) return "faults may destroy the data of W or more replicas";
  const destroying = nemesis.find((kind) => destroysData(kind, plan));
  if (destroying === undefined || !finalReadMisses(Math.max(1, w - 1))) return undefined;
  return `with W=${w} one ${destroying} of the ${engine} engine destroys all acknowledged copies`;
}

function mayLose(reason: string): Expectation {
  return { verdict: "may-lose", reason };
}
