/** A history, or a file that belongs to one, cannot be written, read or understood. The message is one line. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}
