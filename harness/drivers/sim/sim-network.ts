/*
 * The network of a simulated cluster, laid out as the one behind Toxiproxy is: each directed link `a~b` has an address of its
 * own that a dials for b, clients have links of their own to every node, and whoever dials a node's plain address goes past
 * all of them and is never hurt. What a says to b crosses link a~b whoever opened the connection, so one state for each direction
 * stands for both proxies' streams.
 */
import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { Connection, ConnectionHandlers, Transport } from "../../../src/env/transport.ts";
import { linkName } from "../../cluster/contract.ts";
import type { Link } from "../../nemesis/fault.ts";
import type { Scheduler } from "./scheduler.ts";
import type { OnBytes, OnSilence, Way } from "./sim-connection.ts";
import { SimConnection } from "./sim-connection.ts";
import type { Impairment } from "./sim-link.ts";
import { SimLink } from "./sim-link.ts";
import type { SimProcess } from "./sim-process.ts";
import type { WorldPlan } from "./world-plan.ts";

export interface SimNetworkParts {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly world: Pick<WorldPlan, "network" | "links" | "choppedShare">;
  /** Every directed link that can be hurt. */
  readonly links: readonly Link[];
  readonly onBytes?: OnBytes | undefined;
  readonly onSilence?: OnSilence | undefined;
}

interface SimListener {
  readonly node: string;
  readonly process: SimProcess;
  readonly accept: (connection: Connection) => ConnectionHandlers;
}

/** Something other than a connection of nodes that goes over two links, and breaks with them. */
export interface Rider {
  readonly way: Pick<Way, "up" | "down">;
  break(reason: string): void;
}

export class SimNetwork {
  readonly #parts: SimNetworkParts;
  readonly #links: ReadonlyMap<string, SimLink>;
  /** Past the proxies: as fast as the others, and nothing hurts it. */
  readonly #past: SimLink;
  readonly #listeners = new Map<string, SimListener>();
  readonly #connections = new Set<SimConnection>();
  readonly #riders = new Set<Rider>();
  #connectionCount = 0;
  /** What asks for any port gets the next one. */
  #freePort = 20_000;

  constructor(parts: SimNetworkParts) {
    const { scheduler, random, world } = parts;
    const link = (delay = world.network) => new SimLink({ scheduler, random, delay });
    this.#parts = parts;
    this.#links = new Map(
      parts.links.map((each) => [linkName(each), link(world.links[linkName(each)])]),
    );
    this.#past = link();
  }

  /** The address under which one node dials another through its link. */
  static addressOf({ from, to }: Link): string {
    return `${from}.to.${to}:7001`;
  }

  /** The address a node listens on; who dials it goes past its link. */
  static plainAddressOf(node: string): string {
    return `${node}.node:7000`;
  }

  /** Throws RangeError where there is no such link. */
  link(link: Link): SimLink {
    const found = this.#links.get(linkName(link));
    if (found === undefined) throw new RangeError(`Cannot find the link ${linkName(link)}`);
    return found;
  }

  /** The links whose bytes tell whether somebody goes past them. */
  carriedBytes(links: readonly Link[]): ReadonlyMap<string, number> {
    return new Map(links.map((link) => [linkName(link), this.link(link).carriedBytes]));
  }

  /** The network as the sockets of one process of a node see it. */
  transportOf(node: string, process: SimProcess): Transport {
    return {
      connect: (address, handlers) => this.#dial({ node, process }, address, handlers),
      listen: async (wanted, accept) => {
        const address = wanted.replace(/:0$/, () => `:${++this.#freePort}`);
        if (this.#listeners.has(address)) {
          throw new Error(`Cannot listen on ${address}: it is in use`);
        }
        const listener = { node, process, accept };
        this.#listeners.set(address, listener);
        const close = (): void => {
          if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
        };
        process.onDeath(close);
        return {
          address,
          close: async () => {
            close();
            for (const { accepter } of [...this.#connections]) {
              if (accepter.process === process) accepter.close();
            }
          },
        };
      },
    };
  }

  /**
   * Hurts the links until the function it returns is called; one that is named twice is hurt once. Who closes one direction
   * closes both: a connection needs the way back too.
   */
  impair(links: readonly Link[], impairment: Impairment): () => void {
    const hurt = new Set(links.map((link) => this.link(link)));
    for (const link of hurt) link.add(impairment);
    if (impairment.kind === "closed") this.reset(links, "the link was cut");
    return () => {
      for (const link of hurt) link.remove(impairment);
      // Bytes are missing in the middle of a stream, so it never goes on: Toxiproxy closes such connections too.
      if (impairment.kind === "black-hole") this.reset(links, "the black hole was removed");
    };
  }

  /** Breaks everything that is under way over these links, connections in whichever direction it was opened. */
  reset(links: readonly Link[], reason: string): void {
    const hurt = new Set(links.map((link) => this.link(link)));
    for (const each of [...this.#connections, ...this.#riders]) {
      const { up, down } = each.way;
      if (hurt.has(up) || hurt.has(down)) each.break(reason);
    }
  }

  /** The rider breaks with its links from now on. */
  ride(rider: Rider): void {
    this.#riders.add(rider);
  }

  /** It does not any more. */
  leave(rider: Rider): void {
    this.#riders.delete(rider);
  }

  /** Connections with an end that is still open. */
  get openCount(): number {
    return this.#connections.size;
  }

  #dial(
    dialler: { readonly node: string; readonly process: SimProcess },
    address: string,
    handlers: ConnectionHandlers,
  ): Connection {
    const { random, world, onBytes, onSilence, scheduler } = this.#parts;
    const { listens, way } = this.#wayTo(dialler.node, address);
    const connection = new SimConnection({
      scheduler,
      random,
      way,
      number: this.#connectionCount++,
      chopped: world.choppedShare > 0 && random.float() < world.choppedShare,
      onBytes,
      onSilence,
      onOver: (over) => this.#connections.delete(over),
    });
    const { dialler: end, accepter } = connection;
    end.handlers = handlers;
    end.belongTo(dialler.process);
    this.#connections.add(connection);
    if (way.up.isClosed || way.down.isClosed) {
      connection.break(`Cannot dial ${address}: connection refused`);
      return end;
    }
    // A proxy takes the connection even where its other side leads into a hole.
    const arrive = (): void => {
      if (connection.isBroken) return;
      const listener = this.#listeners.get(listens);
      if (listener === undefined) {
        connection.break(`Cannot dial ${address}: connection refused`);
        return;
      }
      accepter.belongTo(listener.process);
      listener.process.enter(() => {
        accepter.handlers = listener.accept(accepter);
      });
      accepter.opened();
      end.opened();
    };
    if (!way.up.carry(0, end.lane, arrive)) this.#past.carry(0, end.lane, arrive);
    return end;
  }

  #wayTo(node: string, address: string): { readonly listens: string; readonly way: Way } {
    const target = TARGET_PATTERN.exec(address)?.[1];
    if (target === undefined || address !== SimNetwork.addressOf({ from: node, to: target })) {
      const name = address.slice(0, address.indexOf("."));
      const way = { dialler: node, target: name, up: this.#past, down: this.#past };
      return { listens: address, way };
    }
    const up = this.link({ from: node, to: target });
    const down = this.link({ from: target, to: node });
    const way = { dialler: node, target, up, down };
    return { listens: SimNetwork.plainAddressOf(target), way };
  }
}

const TARGET_PATTERN = /\.to\.([^:]+):7001$/;
