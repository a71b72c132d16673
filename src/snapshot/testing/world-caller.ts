import type { HttpCaller } from "../../client/http-caller.ts";
import { HttpCallError } from "../../client/http-caller.ts";
import type { ClusterWorld } from "../../http/testing/cluster-world.ts";

/** Where a node of a world is for `worldCaller`. */
export function urlOf(node: string): string {
  return `http://${node}`;
}

/** Calls the nodes of a world in process; `isDown` are not there. The world must be driven meanwhile. */
export function worldCaller(
  world: ClusterWorld,
  isDown: (node: string, url: URL) => boolean = () => false,
): HttpCaller {
  return {
    async call({ method, url, headers = {}, body = new Uint8Array(0) }) {
      const target = new URL(url);
      const { hostname, pathname, searchParams } = target;
      if (isDown(hostname, target)) {
        throw new HttpCallError(false, `Cannot ${method} ${url}: connection refused`);
      }
      const { handler } = world.at(hostname);
      return handler({ method, path: pathname, query: searchParams, headers, body });
    },
  };
}
