declare const brand: unique symbol;

/** A node's name: 1 to 64 characters of `[A-Za-z0-9._-]`, unique in its cluster. */
export type NodeId = string & { readonly [brand]: "NodeId" };

/**
 * Who mints dots: `node/incarnation/epoch`, ASCII. Never used again after the record it minted for was
 * gone from its node (architecture, rules of causality; K-6, K-7).
 */
export type Actor = string & { readonly [brand]: "Actor" };

const NODE_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/** Checks and brands a node id; throws RangeError. */
export function nodeId(text: string): NodeId {
  if (!NODE_ID_PATTERN.test(text)) {
    throw new RangeError(
      `Cannot use ${JSON.stringify(text)} as a node id: it must be 1 to 64 characters of A-Z a-z 0-9 . _ -`,
    );
  }
  return text as NodeId;
}
