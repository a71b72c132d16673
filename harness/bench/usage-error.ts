/** A flag that cannot be used: one line, exit status 64. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
