import type { LinkFault, NetworkPower } from "../../cluster/contract.ts";
import type { Link } from "../../nemesis/fault.ts";
import type { SimNetwork } from "./sim-network.ts";

/** The contract's power over the network; heals all it did at once. */
export class SimNetworkPower implements NetworkPower {
  readonly #network: SimNetwork;
  readonly #counted: readonly Link[];
  #undo: (() => void)[] = [];

  constructor(network: SimNetwork, counted: readonly Link[]) {
    this.#network = network;
    this.#counted = counted;
  }

  async apply(links: readonly Link[], fault: LinkFault): Promise<void> {
    this.#undo.push(this.#network.impair(links, fault));
  }

  async heal(): Promise<void> {
    const undo = this.#undo;
    this.#undo = [];
    for (const each of undo) each();
  }

  async carriedBytes(): Promise<ReadonlyMap<string, number>> {
    return this.#network.carriedBytes(this.#counted);
  }
}
