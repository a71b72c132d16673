/** Toxiproxy's container, once compose has started it: where it is reached, and which proxies it gets. */

import { linkName } from "../../cluster/contract.ts";
import type { ToxiproxyController } from "../../toxiproxy/controller.ts";
import { waitUntilAnswers } from "../wait-until-answers.ts";
import type { Wiring } from "../wiring.ts";
import { proxiesOf } from "../wiring.ts";
import { directLink, HTTP_PORT, RPC_PORT } from "./compose-file.ts";
import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";
import type { Engine } from "./engine.ts";
import { logTail } from "./log-tail.ts";

const TOXIPROXY_TIMEOUT_MS = 20_000;

/** Rejects with the end of the container's log where nobody answers. */
export async function waitForToxiproxy(url: string, container: string): Promise<void> {
  const failure = await waitUntilAnswers(`${url}/version`, { timeoutMs: TOXIPROXY_TIMEOUT_MS });
  if (failure === undefined) return;
  throw new DockerError(`Cannot start Toxiproxy: ${failure}${await logTail(container)}`);
}

/** One proxy for each link, and one to each node that no fault touches. */
export async function createProxies(
  control: ToxiproxyController,
  wiring: Wiring,
  port: (link: string) => number,
): Promise<void> {
  const listen = (link: string) => `0.0.0.0:${port(link)}`;
  const httpAddress = (node: string) => `${node}:${HTTP_PORT}`;
  await control.createProxies([
    ...proxiesOf(wiring, { listen, rpcAddress: (node) => `${node}:${RPC_PORT}`, httpAddress }),
    ...wiring.nodes.map((node) => {
      const name = linkName(directLink(node));
      return { name, listen: listen(name), upstream: httpAddress(node) };
    }),
  ]);
}

/** Where the harness reaches a port that the container publishes, as `host:port`. */
export async function publishedAddresses(
  engine: Engine,
  container: string,
): Promise<(port: number) => string> {
  const printed = await docker(
    ["inspect", "--format", "{{json .NetworkSettings.Ports}}", container],
    { action: "find the published ports" },
  );
  const bindings = JSON.parse(printed) as Readonly<
    Record<string, readonly { readonly HostPort: string }[] | null>
  >;
  return (port) => {
    const hostPort = bindings[`${port}/tcp`]?.[0]?.HostPort;
    if (hostPort === undefined) {
      throw new DockerError(`Cannot reach the cluster: ${container} publishes no port ${port}`);
    }
    return `${engine.host}:${hostPort}`;
  };
}
