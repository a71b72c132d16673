import { toHex, utf8Bytes } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/hash.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import type { ExternalPlan } from "../../run/plan.ts";
import type { CleanUp } from "../clean-up.ts";
import { LinkProxies } from "../link-proxies.ts";
import type { NodeApi } from "../node-api.ts";
import { openProxies } from "../open-proxies.ts";
import { waitUntilLinked } from "../wait-until-linked.ts";
import { addressBook, lookUp, proxiesOf, routesOf, wiringBetween } from "../wiring.ts";
import { forEachNode } from "./for-each-node.ts";
import { proxyPlaces } from "./proxy-places.ts";
import type { Survey } from "./survey.ts";

/** The part of a cluster that a Toxiproxy changes. */
export type Links = Pick<Cluster, "toxiproxy" | "addresses" | "network">;

export interface SharedToxiproxy extends Pick<ExternalPlan, "toxiproxyHost" | "toxiproxyPorts"> {
  /** Of its API. */
  readonly url: string;
  /** How long nodes may take to reach each other through it, in milliseconds; as any cluster unless given. */
  readonly linkTimeoutMs?: number | undefined;
  /** Told when it stops answering. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Makes the proxies, leads the nodes through them and waits until each reaches every other. `cleanUp` takes it all back, also
 * after a failure.
 */
export async function leadThroughProxies(
  { survey, apiOf }: { readonly survey: Survey; readonly apiOf: (node: string) => NodeApi },
  { url, toxiproxyHost, toxiproxyPorts, linkTimeoutMs, onFailure }: SharedToxiproxy,
  cleanUp: CleanUp,
): Promise<Links> {
  const wiring = wiringBetween(survey.nodes.map(({ name }) => name));
  const { links, clientLinks } = wiring;
  const { control, close } = await openProxies({
    url,
    address: "",
    run: `ringside-${toHex(sha256(utf8Bytes(survey.clusterId))).slice(0, 8)}`,
    onFailure,
  });
  cleanUp.add(close);
  cleanUp.add(() => control.removeAll());
  // Of a run that was killed.
  await control.removeAll();

  const places = proxyPlaces([...links, ...clientLinks].map(linkName), {
    url,
    nodesHost: toxiproxyHost,
    ports: toxiproxyPorts,
    taken: await control.listenPorts(),
  });
  const nodeOf = lookUp(new Map(survey.nodes.map((node) => [node.name, node])));
  const httpAddress = (node: string) => hostAndPort(nodeOf(node).url);
  await control.createProxies(
    proxiesOf(wiring, {
      listen: places.listen,
      rpcAddress: (node) => nodeOf(node).rpcAddress,
      httpAddress,
    }),
  );

  cleanUp.add(() =>
    forEachNode(wiring.nodes, "take back the routes", (node) => apiOf(node).restoreRoutes()),
  );
  await forEachNode(wiring.nodes, "set the routes", (node) =>
    apiOf(node).setRoutes(routesOf(wiring, node, places.fromNodes)),
  );
  await waitUntilLinked(links, apiOf, linkTimeoutMs).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${reason}; do the nodes reach Toxiproxy at ${places.nodesHost} (--toxiproxy-host), and does it reach them?`,
      { cause: error },
    );
  });
  return {
    toxiproxy: { kind: control.kind, version: await control.version() },
    addresses: addressBook(wiring, {
      proxyAddress: places.fromHarness,
      directAddress: httpAddress,
    }),
    network: new LinkProxies(control, { links: [...links, ...clientLinks], countedLinks: links }),
  };
}

/** A URL leaves out the port 80. */
function hostAndPort(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 80}`;
}
