/** The functions of a shopping cart, as they stand in a history. */
export const ADD = "add";
export const REMOVE = "remove";
export const VIEW = "view";

/** Error of a remove that found the cart empty: it was answered, and there was nothing to do. */
export const NOTHING_TO_REMOVE = "nothing-to-remove";

/** Error of an operation whose read returned bytes that are no cart. */
export const BAD_VALUE = "bad-value";

/** Error of an operation that had not completed when the run stopped waiting for it. */
export const NEVER_COMPLETED = "never-completed";

/** Error of an operation that no process was free to begin before the run ended. */
export const NEVER_BEGUN = "never-begun";

/** The items of a cart as a read recorded them; none where the cart was absent; undefined where it is no list of items. */
export function itemsOf(value: unknown): readonly string[] | undefined {
  if (value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  for (const item of value) {
    if (typeof item !== "string") {
      return undefined;
    }
  }
  return value;
}
