/**
 * Flags of the runtime under which a node runs, as `npm start` and the image give them. V8 would let the space of new objects grow to
 * 64 MiB; a node's objects live for a request, so 16 MiB (twice 8) do as well: the processor time of a request is the same, and a
 * loaded node is up to 48 MiB smaller. Between two full collections it would let the heap grow to four times what was in use; with twice
 * (100 % more) garbage takes less room, buffers outside the heap too, and the processor time is the same. With half as much again it is not.
 */
export const NODE_FLAGS: readonly string[] = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=100",
];
