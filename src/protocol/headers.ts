/* Names of the HTTP API's own headers, in lower case. */

/** What a read covers; comes with its values, goes back with the write that replaces them. */
export const CONTEXT_HEADER = "x-dynamo-context";
/** What a write covers; good for reads alone (K-15). */
export const SESSION_HEADER = "x-dynamo-session";
/** Names a write, so that it is not made twice (K-11). */
export const OPERATION_HEADER = "x-dynamo-operation";
/** Says why an answer that mostly has one of the two above has none. */
export const CONTEXT_MISSING_HEADER = "x-dynamo-context-missing";
/** Its only reason: the clock of the key is too long. */
export const CLOCK_TOO_LONG = "clock-too-long";
/** "true" on a read that falls short of what its client knew. */
export const STALE_HEADER = "x-dynamo-stale";
/** With a request: the ring by which its client chose the node. With the answer: the node's own, where that is another (D-6.4-3). */
export const RING_HEADER = "x-dynamo-ring";
