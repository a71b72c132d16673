import type { NodeId } from "../base/ids.ts";

/**
 * Which address this node dials for a peer. Membership holds one advertised address a node; the routing table may
 * send the dialler elsewhere, through a proxy for one, and is replaceable at run time (architecture, Links).
 */
export class Routes {
  readonly #advertised: (peer: NodeId) => string | undefined;
  readonly #onChange: () => void;
  #overrides: Readonly<Record<string, string>>;

  constructor(
    advertised: (peer: NodeId) => string | undefined,
    overrides: Readonly<Record<string, string>>,
    onChange: () => void,
  ) {
    this.#advertised = advertised;
    this.#overrides = overrides;
    this.#onChange = onChange;
  }

  addressOf(peer: NodeId): string | undefined {
    // A node may have the name of something that every object inherits.
    const override = Object.hasOwn(this.#overrides, peer) ? this.#overrides[peer] : undefined;
    return override ?? this.#advertised(peer);
  }

  /** The table in force. */
  get overrides(): Readonly<Record<string, string>> {
    return this.#overrides;
  }

  /** Connections that were dialled by the old table are closed. */
  replace(overrides: Readonly<Record<string, string>>): void {
    this.#overrides = overrides;
    this.#onChange();
  }
}
