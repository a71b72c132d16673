import type { Proxy as ClientProxy, ToxicType } from "toxiproxy-node-client";
import { Toxiproxy } from "toxiproxy-node-client";
import { onTestFinished } from "vitest";
import { startToxiproxyServer } from "../server.ts";
import type { Peer } from "./peer.ts";
import { dial, Upstream } from "./peer.ts";

/** A Toxiproxy with one proxy before one upstream, driven by the client that users have. */
export interface World {
  readonly url: string;
  readonly client: Toxiproxy;
  readonly proxy: ClientProxy;
  readonly upstream: Upstream;
  /** Dials the proxy; answers both ends of the connection once the upstream has accepted it. */
  pair(): Promise<{ readonly near: Peer; readonly far: Peer }>;
  addToxic(toxic: ToxicWish): Promise<void>;
  removeToxic(name: string): Promise<void>;
}

interface ToxicWish {
  readonly type: ToxicType | "noop";
  readonly stream?: "upstream" | "downstream";
  readonly name?: string;
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** Starts a world that ends with the test. */
export async function startWorld(options: { readonly random?: () => number } = {}): Promise<World> {
  const server = await startToxiproxyServer({ host: "127.0.0.1", port: 0, ...options });
  const upstream = await Upstream.start();
  onTestFinished(async () => {
    await upstream.stop();
    await server.stop();
  });
  const client = new Toxiproxy(server.url);
  const proxy = await client.createProxy({
    name: "test",
    listen: "127.0.0.1:0",
    upstream: upstream.address,
  });
  return {
    url: server.url,
    client,
    proxy,
    upstream,
    pair: async () => {
      const near = await dial(proxy.listen);
      onTestFinished(() => near.close());
      return { near, far: await upstream.accept() };
    },
    addToxic: async ({ type, stream = "downstream", name = "", toxicity = 1, attributes = {} }) => {
      await proxy.addToxic({ type: type as ToxicType, stream, name, toxicity, attributes });
    },
    removeToxic: async (name) => (await proxy.getToxic(name)).remove(),
  };
}
