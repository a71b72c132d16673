import type { HttpCall, HttpCallResult } from "../client/http-caller.ts";
import { HttpCallError } from "../client/http-caller.ts";
import { waitMs } from "../env/wait.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { decodeProblem } from "../protocol/problem.ts";
import type { Patience, SnapshotEnvironment } from "./contract.ts";
import { SnapshotError } from "./contract.ts";

/** A node does not answer, or not as it should; one line. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  /** Of the problem that it answered with, where it did. */
  readonly code: ErrorCode | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly code?: ErrorCode | undefined }) {
    super(message, options);
    this.code = options?.code;
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
    if (isFinal || tries >= triesMax) throw nodeError(request, answer);
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

function nodeError(
  { method, url }: Pick<HttpCall, "method" | "url">,
  answer: HttpCallResult | HttpCallError,
): NodeError {
  if (answer instanceof HttpCallError) return new NodeError(answer.message);
  const { status, body } = answer;
  const problem = body.length > PROBLEM_BYTES_MAX ? undefined : decodeProblem(body);
  const reason = problem?.detail ? `: ${oneLine(problem.detail)}` : ` ${firstLine(body)}`;
  return new NodeError(`Cannot ${method} ${url}: it answered ${status}${reason}`, {
    code: problem?.code,
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** Of an answer that is no problem: nobody knows how long it is. */
function firstLine(body: Uint8Array): string {
  const [line = ""] = Buffer.from(body.subarray(0, LINE_BYTES_MAX)).toString().split("\n");
  return line;
}

/** A problem names a key in hexadecimal digits, and clients' keys have at most 1 KiB. */
const PROBLEM_BYTES_MAX = 64 * 1_024;
const LINE_BYTES_MAX = 300;
