import { toxicAlreadyExists, toxicNotFound } from "./api-error.ts";
import type { Link } from "./link.ts";
import type { Direction, Toxic } from "./toxic.ts";
import { toxicChangeFromRequest, toxicFromRequest } from "./toxic-request.ts";

/** The toxics of one proxy in both directions, and the live links that they apply to. */
export class ToxicCollection {
  readonly #chains: Readonly<Record<Direction, Toxic[]>> = { upstream: [], downstream: [] };
  readonly #links: Readonly<Record<Direction, Set<Link>>> = {
    upstream: new Set(),
    downstream: new Set(),
  };

  /** All toxics, those of upstream first, each direction in the order of the chain. */
  list(): readonly Toxic[] {
    return [...this.#chains.upstream, ...this.#chains.downstream];
  }

  /** @throws ApiError 404 */
  get(name: string): Toxic {
    const toxic = this.list().find((candidate) => candidate.name === name);
    if (toxic === undefined) throw toxicNotFound();
    return toxic;
  }

  /**
   * Adds a toxic to the end of its direction's chain and to every live link.
   *
   * @throws ApiError 400 for a wrong request, 409 where the name is taken.
   */
  add(body: unknown): Toxic {
    const toxic = toxicFromRequest(body);
    if (this.list().some(({ name }) => name === toxic.name)) throw toxicAlreadyExists();
    this.#chains[toxic.direction].push(toxic);
    for (const link of this.#links[toxic.direction]) link.add(toxic);
    return toxic;
  }

  /** @throws ApiError 400 for a wrong request, 404 where there is no such toxic. */
  async update(name: string, body: unknown): Promise<Toxic> {
    const toxic = this.get(name);
    const change = toxicChangeFromRequest(body, toxic);
    toxic.attributes = change.attributes;
    toxic.toxicity = change.toxicity;
    await Promise.all([...this.#links[toxic.direction]].map((link) => link.update(toxic)));
    return toxic;
  }

  /** @throws ApiError 404 */
  async remove(name: string): Promise<void> {
    const toxic = this.get(name);
    const chain = this.#chains[toxic.direction];
    chain.splice(chain.indexOf(toxic), 1);
    await Promise.all([...this.#links[toxic.direction]].map((link) => link.remove(toxic)));
  }

  async reset(): Promise<void> {
    for (const { name } of this.list()) await this.remove(name);
  }

  /** Applies the toxics that there are to a link that has not started yet, and those to come. */
  attach(direction: Direction, link: Link): void {
    this.#links[direction].add(link);
    for (const toxic of this.#chains[direction]) link.add(toxic);
  }

  detach(direction: Direction, link: Link): void {
    this.#links[direction].delete(link);
  }
}
