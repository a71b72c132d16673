import type { ServerResponse } from "node:http";

/**
 * Bounds the time in which an answer that was just ended is taken: a client that reads nothing, or a byte now and then, would
 * keep its connection and the answer's memory for ever. What the system took at once, as nearly all answers, costs no timer. The time of an
 * answer that waits for an earlier one of its connection begins behind it. `onStalled` is told before the connection is destroyed.
 */
export function boundAnswerTime(
  response: ServerResponse,
  timeoutMs: number,
  onStalled: () => void,
): void {
  if (response.writableLength === 0) return;
  if (response.socket === null) {
    // An earlier answer of the connection is not through yet.
    response.once("socket", () => begin(response, timeoutMs, onStalled));
  } else begin(response, timeoutMs, onStalled);
}

function begin(response: ServerResponse, timeoutMs: number, onStalled: () => void): void {
  const timer = setTimeout(() => {
    onStalled();
    response.destroy();
  }, timeoutMs);
  const stop = (): void => clearTimeout(timer);
  response.once("finish", stop);
  response.once("close", stop);
}
