/*
 * Watches that clients keep their contract. A client that answers nonsense would make a history that looks fine and
 * means nothing, so a broken promise ends the run; all that one completion breaks are listed at once.
 */

import type { Completion } from "../history/recorder.ts";
import type { OperationRequest, WorkloadClient, WorkloadClients } from "./contract.ts";

/** A workload client broke its contract: the harness is at fault, not the store. */
export class ClientContractError extends Error {
  override readonly name = "ClientContractError";
}

/** The same clients; their `invoke` rejects with ClientContractError where they break the contract. */
export function verifiedClients(
  clients: WorkloadClients,
  nodes: readonly string[],
): WorkloadClients {
  const known = new Set(nodes);
  return {
    open(process, homeNode) {
      return new VerifiedClient(clients.open(process, homeNode), process, known);
    },
  };
}

class VerifiedClient implements WorkloadClient {
  readonly #client: WorkloadClient;
  readonly #process: number;
  readonly #nodes: ReadonlySet<string>;
  #state: "idle" | "under way" | "over" = "idle";

  constructor(client: WorkloadClient, process: number, nodes: ReadonlySet<string>) {
    this.#client = client;
    this.#process = process;
    this.#nodes = nodes;
  }

  async invoke(request: OperationRequest): Promise<Completion> {
    if (this.#state !== "idle") {
      throw this.#broken(request, [`it was invoked while ${this.#state}`]);
    }
    this.#state = "under way";
    let completion: Completion;
    try {
      completion = await this.#client.invoke(request);
    } catch (error) {
      this.#state = "over";
      throw this.#broken(request, [`it rejected with ${String(error)}`], error);
    }
    const promises = brokenPromises(completion, this.#nodes);
    this.#state = completion.type === "info" ? "over" : "idle";
    if (promises.length > 0) {
      throw this.#broken(request, promises);
    }
    return completion;
  }

  close(): void {
    this.#client.close();
  }

  #broken(
    request: OperationRequest,
    promises: readonly string[],
    cause?: unknown,
  ): ClientContractError {
    return new ClientContractError(
      `Cannot trust the client of process ${this.#process} at ${request.f} of ${request.key}: ${promises.join("; ")}`,
      { cause },
    );
  }
}

const NO_PROMISES: readonly string[] = [];

function brokenPromises(completion: Completion, nodes: ReadonlySet<string>): readonly string[] {
  const { type, node, value, error, readSet, versions, wrote, saw } = completion;
  const succeeded = type === "ok";
  if (
    (succeeded || type === "fail" || type === "info") &&
    succeeded === (error === undefined) &&
    nodes.has(node) &&
    value !== undefined &&
    (versions === undefined || isCount(versions)) &&
    (readSet === undefined || isStrings(readSet)) &&
    (wrote === undefined || typeof wrote === "string") &&
    (saw === undefined || isStrings(saw))
  ) {
    return NO_PROMISES;
  }
  return [
    ...(succeeded || type === "fail" || type === "info" ? [] : [`type ${String(type)} is unknown`]),
    ...(succeeded && error !== undefined ? [`ok carries the error ${error}`] : []),
    ...(!succeeded && error === undefined ? [`${String(type)} carries no error`] : []),
    ...(nodes.has(node) ? [] : [`node ${String(node)} is not in the cluster`]),
    ...(value === undefined ? ["value is undefined instead of null"] : []),
    ...(versions === undefined || isCount(versions) ? [] : [`versions ${versions} is no count`]),
    ...(readSet === undefined || isStrings(readSet) ? [] : ["readSet is no list of strings"]),
    ...(wrote === undefined || typeof wrote === "string" ? [] : ["wrote is no string"]),
    ...(saw === undefined || isStrings(saw) ? [] : ["saw is no list of strings"]),
  ];
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isStrings(value: readonly string[]): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}
