/** The kind byte of each frame. A reply's kind has the high bit set. */
export const FRAME_KINDS = {
  hello: 0x01,
  helloAck: 0x02,
  helloReject: 0x03,
  get: 0x10,
  put: 0x11,
  forward: 0x12,
  ping: 0x13,
  tombstone: 0x16,
  tree: 0x14,
  copy: 0x15,
  life: 0x18,
  /** A put that asks to be durable; since protocol 2. */
  durablePut: 0x17,
  /** Since protocol 4. */
  gossip: 0x19,
  /** A tree request about one partition; since protocol 5. */
  partitionTree: 0x1a,
  getReply: 0x90,
  putReply: 0x91,
  forwardReply: 0x92,
  pingReply: 0x93,
  tombstoneReply: 0x96,
  treeReply: 0x94,
  lifeReply: 0x98,
  gossipReply: 0x99,
  errorReply: 0xff,
} as const;
