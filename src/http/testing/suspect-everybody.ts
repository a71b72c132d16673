import type { ClusterWorld } from "./cluster-world.ts";

/** Sends pings until the node believes all of these to be down. */
export async function suspectEverybody(
  world: ClusterWorld,
  name: string,
  peers: readonly string[],
): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { suspected } = await world.status(name);
    if (peers.every((peer) => suspected.includes(peer))) return;
    await Promise.all([world.read(name, `probe ${attempt}`), world.read(name, `more ${attempt}`)]);
    await world.pass(400);
  }
  throw new Error(`${name} still believes in some of ${peers.join(", ")}`);
}
