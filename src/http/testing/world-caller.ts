import type { HttpCall, HttpCaller, HttpCallResult } from "../../client/http-caller.ts";
import { HttpCallError } from "../../client/http-caller.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { clientUrl } from "./cluster-world.ts";

/** How the client library reaches the nodes of a world: at once, under the addresses that their configuration gives. */
export class WorldCaller implements HttpCaller {
  /** Nodes that take no client's connection. */
  readonly closed = new Set<string>();
  readonly #world: ClusterWorld;

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  async call({ url, method, headers = {}, body }: HttpCall): Promise<HttpCallResult> {
    const { origin, pathname: path, searchParams: query } = new URL(url);
    const name = [...this.#world.nodes.keys()].find((each) => clientUrl(each) === origin);
    if (name === undefined || this.closed.has(name)) {
      throw new HttpCallError(false, `Cannot reach ${origin}`);
    }
    const bytes = body ?? new Uint8Array(0);
    return await this.#world.at(name).handler({ method, path, query, headers, body: bytes });
  }
}
