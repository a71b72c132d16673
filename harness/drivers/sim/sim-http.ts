/*
 * HTTP between the harness and simulated nodes, as plain requests and answers over the links of the clients: what a real client
 * would learn from its socket (refused, reset, silence) it learns here, at a virtual time.
 */
import type { HttpCall, HttpCaller, HttpCallResult } from "../../../src/client/http-caller.ts";
import { HttpCallError } from "../../../src/client/http-caller.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import { clientGroup } from "../../nemesis/fault.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimLink } from "./sim-link.ts";
import type { Rider, SimNetwork } from "./sim-network.ts";
import type { SimProcess } from "./sim-process.ts";

/** The HTTP server of one life of a node. */
export interface SimHttpServer {
  readonly process: SimProcess;
  readonly handler: HttpHandler;
}

export interface SimHttpParts {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly nodes: readonly string[];
  /** Undefined while the node has none. */
  readonly serverOf: (node: string) => SimHttpServer | undefined;
  /** Wraps the call of a node's handler, to look at what goes in and comes out. */
  readonly serve: (
    node: string,
    server: SimHttpServer,
    request: HttpRequest,
  ) => Promise<HttpResponse>;
  readonly random: ConstructorParameters<typeof SimLink>[0]["random"];
  readonly onMessage?: (message: {
    readonly from: string;
    readonly to: string;
    readonly label: string;
    readonly sizeBytes: number;
  }) => () => void;
}

interface Route {
  readonly node: string;
  readonly lane: string;
  readonly way: Rider["way"];
}

interface Settle {
  resolve(result: HttpCallResult): void;
  reject(error: HttpCallError): void;
}

/** What a URL names. */
interface Target {
  readonly route: Route;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they were written. */
  readonly text: string;
}

const HEAD_BYTES = 200;
const TARGETS_MAX = 4_096;

export class SimHttp implements HttpCaller {
  readonly #parts: SimHttpParts;
  readonly #routes = new Map<string, Route>();
  /** By URL: taking one apart takes longer than any other part of a request, and few are in use. */
  readonly #targets = new Map<string, Target>();

  constructor(parts: SimHttpParts) {
    this.#parts = parts;
    const { scheduler, random, network, nodes } = parts;
    const direct = new SimLink({ scheduler, random, delay: { minMs: 0, meanMs: 0 } });
    for (const node of nodes) {
      this.#routes.set(SimHttp.directUrl(node), {
        node,
        lane: "harness",
        way: { up: direct, down: direct },
      });
      for (const home of nodes) {
        const group = clientGroup(home);
        const up = network.link({ from: group, to: node });
        const down = network.link({ from: node, to: group });
        this.#routes.set(SimHttp.clientUrl(home, node), { node, lane: group, way: { up, down } });
      }
    }
  }

  /** Past every link, for the harness itself. */
  static directUrl(node: string): string {
    return `http://${node}.node:8000`;
  }

  /** For the clients whose home is `home`. */
  static clientUrl(home: string, node: string): string {
    return `http://${clientGroup(home)}.to.${node}:8001`;
  }

  call(call: HttpCall): Promise<HttpCallResult> {
    const target = this.#targetOf(call.url);
    if (target === undefined) {
      return Promise.reject(
        new HttpCallError(false, `Cannot ${call.method} ${call.url}: no such host`),
      );
    }
    return new Promise((resolve, reject) => {
      new Exchange(this.#parts, target, call, { resolve, reject }).begin();
    });
  }

  #targetOf(url: string): Target | undefined {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    const textAt = url.indexOf("/", "http://".length);
    const route = this.#routes.get(url.slice(0, textAt));
    if (route === undefined) return undefined;
    const text = url.slice(textAt);
    const mark = text.indexOf("?");
    const path = mark < 0 ? text : text.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
    const target = { route, path, query, text };
    if (this.#targets.size === TARGETS_MAX) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }
}

/** One request and its answer, on a connection of their own. */
class Exchange implements Rider {
  readonly way: Rider["way"];
  readonly #parts: SimHttpParts;
  readonly #target: Target;
  readonly #call: HttpCall;
  readonly #settle: Settle;
  readonly #deadline: { cancel(): void };
  #broken = false;
  #over = false;

  constructor(parts: SimHttpParts, target: Target, call: HttpCall, settle: Settle) {
    this.#parts = parts;
    this.#target = target;
    this.way = target.route.way;
    this.#call = call;
    this.#settle = settle;
    this.#deadline = parts.scheduler.setTimer(call.timeoutMs, () =>
      this.#fail(true, `no response within ${Math.round(call.timeoutMs)} ms`),
    );
  }

  begin(): void {
    const { up, down } = this.way;
    const { node, lane } = this.#target.route;
    if (up.isClosed || down.isClosed) {
      this.#parts.scheduler.defer(() => this.#fail(false, "connection refused"));
      return;
    }
    const sizeBytes = HEAD_BYTES + (this.#call.body?.length ?? 0);
    const arrived = this.#parts.onMessage?.({
      from: lane,
      to: node,
      label: `${this.#call.method} ${this.#target.text}`,
      sizeBytes,
    });
    this.#parts.network.ride(this);
    // Requests travel on connections of their own, so they may overtake each other.
    up.carry(sizeBytes, undefined, () => {
      if (this.#broken) return;
      arrived?.();
      this.#arrive();
    });
  }

  /** What is under way is gone; the client learns it a moment later, the node never. */
  break(): void {
    this.#broken = true;
    this.#parts.scheduler.defer(() => this.#fail(true, "connection reset"));
  }

  #arrive(): void {
    const { node } = this.#target.route;
    const server = this.#parts.serverOf(node);
    if (server === undefined || server.process.state === "dead") {
      this.#answer(HEAD_BYTES, "refused", () => this.#fail(false, "connection refused"));
      return;
    }
    const onDeath = (): void =>
      this.#answer(0, "reset", () => this.#fail(true, "connection reset"));
    server.process.onDeath(onDeath);
    server.process.enter(() => {
      this.#parts.serve(node, server, plainRequest(this.#call, this.#target)).then((response) => {
        // It may have died of an error in the very moment in which it answered.
        if (server.process.state === "dead") return;
        server.process.offDeath(onDeath);
        this.#answer(HEAD_BYTES + response.body.length, `${response.status}`, () =>
          this.#succeed(response),
        );
      });
    });
  }

  #answer(sizeBytes: number, label: string, arrive: () => void): void {
    const { node, lane } = this.#target.route;
    if (this.#broken) return;
    const arrived = this.#parts.onMessage?.({ from: node, to: lane, label, sizeBytes });
    this.way.down.carry(sizeBytes, undefined, () => {
      if (this.#broken) return;
      arrived?.();
      arrive();
    });
  }

  #succeed({ status, headers, body }: HttpResponse): void {
    if (this.#over) return;
    this.#end();
    this.#settle.resolve({ status, headers, body });
  }

  #fail(sent: boolean, reason: string): void {
    if (this.#over) return;
    this.#end();
    const { method, url } = this.#call;
    this.#settle.reject(new HttpCallError(sent, `Cannot ${method} ${url}: ${reason}`));
  }

  #end(): void {
    this.#over = true;
    this.#parts.network.leave(this);
    this.#deadline.cancel();
  }
}

const NO_BODY = new Uint8Array(0);

function plainRequest({ method, headers, body }: HttpCall, { path, query }: Target): HttpRequest {
  return { method, path, query, headers: headers ?? {}, body: body ?? NO_BODY };
}
