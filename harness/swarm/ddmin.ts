/*
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002): the smallest list
 * that can be had by leaving out parts of it while a test still holds. Parts begin as halves and grow finer only while no
 * part can be spared, so a list of which most is irrelevant shrinks in a number of tests close to its logarithm.
 */

/**
 * A part of `items`, in their order, for which `holds` is true and from which no single item can be left out.
 * `holds(items)` must be true; `holds` may say false for want of time, and what it found so far is the result.
 */
export async function ddmin<T>(
  items: readonly T[],
  holds: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (items.length === 0 || (await holds([]))) return [];
  let kept = items;
  let parts = 2;
  while (kept.length > 1) {
    const smaller = await withoutOnePart(kept, parts, holds);
    if (smaller !== undefined) {
      kept = smaller;
      parts = Math.max(2, parts - 1);
    } else if (parts >= kept.length) {
      break;
    } else {
      parts = Math.min(kept.length, 2 * parts);
    }
  }
  return kept;
}

async function withoutOnePart<T>(
  items: readonly T[],
  parts: number,
  holds: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  for (let part = 0; part < parts; part += 1) {
    const start = Math.floor((part * items.length) / parts);
    const end = Math.floor(((part + 1) * items.length) / parts);
    const rest = [...items.slice(0, start), ...items.slice(end)];
    if (end > start && (await holds(rest))) return rest;
  }
  return undefined;
}
