/*
 * Strategy 1 of paper 6.2, as far as its hash trees go: each node draws T tokens, two consecutive ones bound a range, and a node has a tree for each
 * range that it keeps. The tokens of a node that joins cut ranges, whose trees have to be made anew by reading all of their rows (4.7; K-19).
 */
import { positionTop32 } from "../../base/position.ts";
import { SeededRandom } from "../../base/seeded-random.ts";

export interface StrategyOneOptions {
  /** S, before the join. */
  readonly nodeCount: number;
  /** T. */
  readonly tokenCount: number;
  readonly n: number;
  readonly seed: number;
}

export interface StrategyOneJoin {
  /** Ranges after the join that nobody had before by these bounds, or that others kept. */
  readonly rangesChanged: number;
  /** Trees that members which were there before have to make, of ranges whose bounds are new. */
  readonly treesMade: number;
  /** Rows that they read for that, each once for each tree it is in. */
  readonly keysScanned: number;
}

/** What the join of one node costs those that are there. */
export function joinUnderStrategyOne(
  keys: readonly Uint8Array[],
  { nodeCount, tokenCount, n, seed }: StrategyOneOptions,
): StrategyOneJoin {
  const random = new SeededRandom(seed);
  const tokensOf = (node: number): readonly Token[] =>
    Array.from({ length: tokenCount }, () => ({ at: random.uint32(), node }));
  const tokens = Array.from({ length: nodeCount }, (_, node) => tokensOf(node)).flat();
  const before = new Map(rangesOf(tokens, n).map((range) => [range.name, range]));
  const after = rangesOf([...tokens, ...tokensOf(nodeCount)], n);
  const changed = after.filter(
    ({ name, keepers }) => before.get(name)?.keepers.join() !== keepers.join(),
  );
  let treesMade = 0;
  let keysScanned = 0;
  for (const range of after.filter(({ name }) => !before.has(name))) {
    const trees = range.keepers.filter((node) => node !== nodeCount).length;
    treesMade += trees;
    keysScanned += trees * keys.filter((key) => isIn(range, positionTop32(key))).length;
  }
  return { rangesChanged: changed.length, treesMade, keysScanned };
}

interface Token {
  readonly at: number;
  readonly node: number;
}

/** What lies behind one token and not behind the next, round the circle. */
interface Range {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** The first N nodes clockwise from its end on, as of any key in it. */
  readonly keepers: readonly number[];
}

function rangesOf(tokens: readonly Token[], n: number): readonly Range[] {
  const sorted = [...tokens].sort((left, right) => left.at - right.at);
  return sorted.map(({ at: to }, index) => {
    const from = sorted.at(index - 1)?.at ?? 0;
    const clockwise = [...sorted.slice(index), ...sorted.slice(0, index)];
    const keepers = [...new Set(clockwise.map(({ node }) => node))].slice(0, n);
    return { name: `${from}-${to}`, from, to, keepers };
  });
}

function isIn({ from, to }: Range, at: number): boolean {
  return from < to ? from < at && at <= to : from < at || at <= to;
}
