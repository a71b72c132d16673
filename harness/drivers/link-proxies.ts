/**
 * The network power over Toxiproxy: one proxy for each directed link and each client group.
 *
 * Proxy `a~b` carries a's requests to b upstream and b's replies downstream. So what a says to b passes two proxies: a's
 * requests on stream `upstream` of `a~b`, and a's replies to b's requests on stream `downstream` of `b~a`. "b does not hear
 * a" needs a black hole on both. Clients only ask, so of the two proxies of a client's link only one exists.
 */

import type { LinkFault, NetworkPower } from "../cluster/contract.ts";
import { linkName } from "../cluster/contract.ts";
import type { Link } from "../nemesis/fault.ts";
import type { ToxicSpec, ToxiproxyController } from "../toxiproxy/controller.ts";

type Stream = "upstream" | "downstream";

const NOTHING = { upstream: 0, downstream: 0 };

/** One stream of one proxy. */
interface Channel {
  readonly proxy: string;
  readonly stream: Stream;
}

/** `links`: every directed link that has a proxy; `countedLinks`: those whose bytes are reported. */
export class LinkProxies implements NetworkPower {
  readonly #control: ToxiproxyController;
  readonly #proxies: ReadonlySet<string>;
  readonly #countedLinks: readonly Link[];
  readonly #toxics = new Map<string, { readonly proxy: string; readonly toxic: string }>();
  readonly #disabled = new Set<string>();

  constructor(
    control: ToxiproxyController,
    parts: { readonly links: readonly Link[]; readonly countedLinks: readonly Link[] },
  ) {
    this.#control = control;
    this.#proxies = new Set(parts.links.map(linkName));
    this.#countedLinks = parts.countedLinks;
  }

  async apply(links: readonly Link[], fault: LinkFault): Promise<void> {
    if (fault.kind === "closed") {
      await this.#disable(new Set(links.flatMap((link) => this.#channels(link)).map(proxyOf)));
      return;
    }
    const toxic =
      fault.kind === "black-hole"
        ? ({ type: "timeout", attributes: { timeout: 0 } } as const)
        : ({
            type: "latency",
            attributes: { latency: fault.latencyMs, jitter: fault.jitterMs },
          } as const);
    const channels = links.flatMap((link) => this.#channels(link));
    await settleAll(channels.map((channel) => this.#addToxic(channel, toxic)));
  }

  async heal(): Promise<void> {
    const toxics = [...this.#toxics].map(async ([key, { proxy, toxic }]) => {
      await this.#control.removeToxic(proxy, toxic);
      this.#toxics.delete(key);
    });
    const disabled = [...this.#disabled].map(async (proxy) => {
      await this.#control.setEnabled(proxy, true);
      this.#disabled.delete(proxy);
    });
    await settleAll([...toxics, ...disabled]);
  }

  async carriedBytes(): Promise<ReadonlyMap<string, number> | undefined> {
    // A real Toxiproxy counts a connection only when it ends, and ours are meant to last.
    if (this.#control.kind === "real") return undefined;
    const received = await this.#control.receivedBytes();
    if (received === undefined) return undefined;
    return new Map(
      this.#countedLinks.map((link) => {
        const { upstream, downstream } = received.get(linkName(link)) ?? NOTHING;
        return [linkName(link), upstream + downstream];
      }),
    );
  }

  /** The streams that carry what the first end says to the second. */
  #channels({ from, to }: Link): readonly Channel[] {
    const channels: readonly Channel[] = [
      { proxy: linkName({ from, to }), stream: "upstream" },
      { proxy: linkName({ from: to, to: from }), stream: "downstream" },
    ];
    const existing = channels.filter((channel) => this.#proxies.has(channel.proxy));
    if (existing.length === 0) {
      throw new Error(`Cannot break the link ${linkName({ from, to })}: it has no proxy`);
    }
    return existing;
  }

  async #addToxic(
    { proxy, stream }: Channel,
    toxic: Pick<ToxicSpec, "type" | "attributes">,
  ): Promise<void> {
    const name = `${toxic.type}_${stream}`;
    const key = `${proxy} ${name}`;
    if (this.#toxics.has(key)) return;
    // Noted first: a toxic that was added but not confirmed must be removed too.
    this.#toxics.set(key, { proxy, toxic: name });
    await this.#control.addToxic(proxy, { name, stream, ...toxic });
  }

  async #disable(proxies: ReadonlySet<string>): Promise<void> {
    await settleAll(
      [...proxies].map(async (proxy) => {
        this.#disabled.add(proxy);
        await this.#control.setEnabled(proxy, false);
      }),
    );
  }
}

/** Waits for all, so that nothing is under way when the first failure is reported. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function proxyOf(channel: Channel): string {
  return channel.proxy;
}
