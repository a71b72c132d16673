/** One point of the store. Each is used exactly once in the sources. */
export interface CataloguePoint {
  /** A sentence in the store's words that is true when the point is reached, or, for `always`, whenever it is asked. */
  readonly name: string;
  readonly kind: "always" | "sometimes" | "reachable";
  /** True: the standard seeds of the simulation must reach it; an `always` is reached when it was asked. */
  readonly required: boolean;
  /** Where the name does not say why it matters, or why it is not required. */
  readonly why?: string;
}
