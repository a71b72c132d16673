/**
 * What failed first is what is reported. Where undoing failed as well, that is said too: something may be left that nobody would
 * look for.
 */
export function joinFailures(first: unknown, undone: PromiseSettledResult<unknown>): unknown {
  if (undone.status === "fulfilled") return first;
  const message = `${messageOf(first)}; then not everything could be undone: ${messageOf(undone.reason)}`;
  return new Error(message, { cause: first });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
