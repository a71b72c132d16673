import type { NodeStatus, NodeTrees, ProbeAnswer, ReplicaCopy } from "../cluster/contract.ts";

/** A request of the harness to a node, which ends in time. */
export interface BoundedRequest {
  readonly method?: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface BoundedResponse {
  readonly status: number;
  readonly body: string;
}

/** Rejects with one sentence where no answer comes within the time. */
export type SendBounded = (request: BoundedRequest) => Promise<BoundedResponse>;

/** How long the harness waits for a node's own answer; a stopped node is known by this. */
const ASK_TIMEOUT_MS = 1_000;
/** A probe waits this long for the peer. Far above a healthy round trip, and above a slow link's. */
const PROBE_TIMEOUT_MS = 600;
const REPLICA_TIMEOUT_MS = 5_000;
const ROUTES_TIMEOUT_MS = 5_000;

/** One node's operator API at `url`, past every proxy. Every function rejects where the node does not answer as it should. */
export interface NodeApi {
  status(): Promise<NodeStatus>;
  probe(peer: string): Promise<ProbeAnswer>;
  replica(key: Uint8Array): Promise<ReplicaCopy>;
  trees(): Promise<NodeTrees>;
  /** Makes the node dial its peers at these addresses, by peer. */
  setRoutes(routes: Routes): Promise<void>;
  /** Makes it dial them again as its configuration says. */
  restoreRoutes(): Promise<void>;
  /** Sets how far the node's wall clock is off its machine's. */
  setClock(offsetMs: number): Promise<void>;
}

type Routes = Readonly<Record<string, string>>;

export function nodeApi(url: string, send: SendBounded): NodeApi {
  const ask = (request: BoundedRequest) => askNode(send, request);
  const routesUrl = `${url}/admin/routes`;
  const setRoutes = async (routes: Routes): Promise<void> => {
    const body = JSON.stringify({ routes });
    await ask({ method: "POST", url: routesUrl, body, timeoutMs: ROUTES_TIMEOUT_MS });
  };
  return {
    async status() {
      const answer = await ask({ url: `${url}/admin/status`, timeoutMs: ASK_TIMEOUT_MS });
      return answer as NodeStatus;
    },
    async probe(peer) {
      const answer = (await ask({
        method: "POST",
        url: `${url}/admin/probe`,
        body: JSON.stringify({ peer, timeoutMs: PROBE_TIMEOUT_MS }),
        timeoutMs: PROBE_TIMEOUT_MS + ASK_TIMEOUT_MS,
      })) as ProbeAnswer;
      if (typeof answer.answered !== "boolean") {
        throw new Error(`Cannot probe ${peer}: ${url} answered ${JSON.stringify(answer)}`);
      }
      return { answered: answer.answered, detail: answer.detail, latencyMs: answer.latencyMs };
    },
    async replica(key) {
      const name = Buffer.from(key).toString("base64url");
      const answer = await ask({
        url: `${url}/admin/replica/${name}`,
        timeoutMs: REPLICA_TIMEOUT_MS,
      });
      const { digest } = answer as ReplicaCopy;
      if (typeof digest !== "string" && digest !== null) {
        throw new Error(
          `Cannot read the replica at ${url}: it answered ${JSON.stringify(answer).slice(0, 200)}`,
        );
      }
      return { digest };
    },
    async trees() {
      const answer = await ask({ url: `${url}/admin/trees`, timeoutMs: REPLICA_TIMEOUT_MS });
      const { isBuilt, roots } = answer as NodeTrees;
      if (typeof isBuilt !== "boolean" || typeof roots !== "object") {
        const shown = JSON.stringify(answer).slice(0, 200);
        throw new Error(`Cannot read the trees at ${url}: it answered ${shown}`);
      }
      return { isBuilt, roots };
    },
    setRoutes,
    async restoreRoutes() {
      const answer = await ask({ url: routesUrl, timeoutMs: ROUTES_TIMEOUT_MS });
      await setRoutes((answer as { readonly configured: Routes }).configured);
    },
    async setClock(offsetMs) {
      await ask({
        method: "POST",
        url: `${url}/admin/clock`,
        body: JSON.stringify({ offsetMs }),
        timeoutMs: ASK_TIMEOUT_MS,
      });
    },
  };
}

async function askNode(send: SendBounded, request: BoundedRequest): Promise<object> {
  const { status, body } = await send(request);
  const where = `${request.method ?? "GET"} ${request.url}`;
  if (status !== 200) {
    throw new Error(`Cannot ask ${where}: it answered ${status} ${body.slice(0, 200)}`);
  }
  const parsed: unknown = parseJson(body, where);
  if (typeof parsed !== "object" || parsed === null) {
    throw new Error(`Cannot ask ${where}: it answered ${body.slice(0, 200)}`);
  }
  return parsed;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot ask ${where}: the answer is not JSON`, { cause: error });
  }
}
