import { nodeNames } from "../../cluster/node-names.ts";
import { wholeBetween } from "../chance.ts";
import { storiesOf } from "./story.ts";

/** Clients that have to find the one node that still serves. */
export const LAST_NODE = storiesOf({
  /** One of many nodes is left, the others fall silent (what is in memory a crash would destroy), and clients know whose turn it was before. */
  "clients-of-the-last-node": (random) => {
    const nodes = wholeBetween(random, 6, 9);
    return {
      operations: 100,
      run: {
        ...{ nodes, n: 1, r: 1, w: 1 },
        clientRouting: "owners",
        engine: "memory",
        carts: wholeBetween(random, 6, 12),
        seconds: 1,
      },
      core: [random.pick(nodeNames(nodes))],
    };
  },
});
