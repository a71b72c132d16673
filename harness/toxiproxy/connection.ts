import type { Socket } from "node:net";
import { Link } from "./link.ts";
import type { LinkCounters } from "./metrics.ts";
import type { Direction } from "./toxic.ts";

/** A client, its upstream, and the two links between them. */
export class Connection {
  readonly links: Readonly<Record<Direction, Link>>;
  readonly #sockets: readonly [Socket, Socket];
  #resetOnClose = false;

  /**
   * @param sockets.client accepted and still paused.
   * @param sockets.upstream connected.
   */
  constructor(
    sockets: { readonly client: Socket; readonly upstream: Socket },
    parts: {
      readonly counters: Readonly<Record<Direction, LinkCounters>>;
      readonly random: () => number;
      /** Told once both sockets are closed. */
      readonly onClosed: (connection: Connection) => void;
    },
  ) {
    const { client, upstream } = sockets;
    const shared = {
      random: parts.random,
      close: (destination: Socket) => this.#close(destination),
      onToxicClose: (manner: "orderly" | "reset") => {
        if (manner === "reset") this.#resetOnClose = true;
      },
    };
    this.#sockets = [client, upstream];
    this.links = {
      upstream: new Link({
        ...shared,
        source: client,
        destination: upstream,
        counters: parts.counters.upstream,
      }),
      downstream: new Link({
        ...shared,
        source: upstream,
        destination: client,
        counters: parts.counters.downstream,
      }),
    };
    const onClose = () => {
      if (client.closed && upstream.closed) parts.onClosed(this);
    };
    client.once("close", onClose);
    upstream.once("close", onClose);
  }

  start(): void {
    this.links.upstream.start();
    this.links.downstream.start();
  }

  /** Drops both sockets at once, with whatever was in flight. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #close(destination: Socket): void {
    if (this.#resetOnClose) destination.resetAndDestroy();
    else destination.destroySoon();
  }
}
