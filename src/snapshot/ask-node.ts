import type { HttpCall, HttpCallResult } from "../client/http-caller.ts";
import { HttpCallError } from "../client/http-caller.ts";
import { waitMs } from "../env/wait.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import { SnapshotError } from "./contract.ts";

/** A node does not answer, or not as it should; one line. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  /** Of its answer, where there was one. */
  readonly status: number | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.status = options?.status;
  }
}

export interface NodeRequest extends Omit<HttpCall, "timeoutMs"> {
  /** The status of an answer that is one. */
  readonly expected: 200 | 204;
}

/**
 * One request to a node, made again where no answer came or the node could not serve. Only for requests that may be made twice.
 * Rejects with NodeError.
 */
export async function askNode(
  { http, clock }: Pick<SnapshotEnvironment, "http" | "clock">,
  { expected, ...request }: NodeRequest,
  { timeoutMs, triesMax, pauseMs }: Patience,
): Promise<HttpCallResult> {
  for (let tries = 1; ; tries += 1) {
    const answer = await http.call({ ...request, timeoutMs }).catch(failureOf);
    if ("status" in answer && answer.status === expected) return answer;
    const isFinal = "status" in answer ? answer.status < 500 : answer.isTooLarge;
    if (isFinal || tries >= triesMax) {
      const answered = "status" in answer ? { status: answer.status } : {};
      throw new NodeError(sentenceOf(request, answer), answered);
    }
    await waitMs(clock, pauseMs);
  }
}

/** What a failed request is to whoever uses the command. */
export function asFailure(error: unknown): never {
  if (!(error instanceof NodeError)) throw error;
  throw new SnapshotError("failure", error.message, { cause: error });
}

function failureOf(error: unknown): HttpCallError {
  if (error instanceof HttpCallError) return error;
  throw error;
}

function sentenceOf(
  { method, url }: Pick<HttpCall, "method" | "url">,
  answer: HttpCallResult | HttpCallError,
): string {
  if (answer instanceof HttpCallError) return answer.message;
  const [line = ""] = Buffer.from(answer.body.subarray(0, LINE_BYTES_MAX)).toString().split("\n");
  return `Cannot ${method} ${url}: it answered ${answer.status} ${line}`;
}

const LINE_BYTES_MAX = 300;
