/*
 * Bodies of the messages that compare hash trees; the stamp and the head are the request codec's.
 *
 *     paths  = count:u8 (length:u8 digits, two a byte, the first in the high half; an odd one alone in the high half)*
 *     nodes  = (kind:u8 node)*                                  to the end
 *     node   = children (kind 0): mask:u16 hash:16 bytes for each bit, the first child lowest; no bit: no keys there
 *            | leaves (kind 1): count:u16 (length:u16 key digest:16 bytes)*
 */
import type { Reader } from "../base/binary.ts";
import type { NodeAnswer } from "../merkle/comparison.ts";
import { PATH_DIGITS_MAX } from "../merkle/comparison.ts";
import type { Leaf } from "../merkle/leaf.ts";
import { FAN_OUT, HASH_BYTES, NO_HASH } from "../merkle/leaf.ts";
import type { FrameWriter } from "./framing.ts";
import { KEY_BYTES_MAX } from "./key-limit.ts";

/** Most paths that one request asks for. */
export const TREE_PATHS_MAX = 64;

export function writePaths(writer: FrameWriter, paths: readonly Uint8Array[]): void {
  if (paths.length < 1 || paths.length > TREE_PATHS_MAX) {
    throw new RangeError(`Cannot ask for ${paths.length} paths: it must be 1 to ${TREE_PATHS_MAX}`);
  }
  writer.u8(paths.length);
  for (const path of paths) {
    if (path.length > PATH_DIGITS_MAX) {
      throw new RangeError(
        `Cannot ask for a path of ${path.length} digits: the limit is ${PATH_DIGITS_MAX}`,
      );
    }
    writer.u8(path.length);
    for (let at = 0; at < path.length; at += 2) {
      writer.u8(((path[at] ?? 0) << 4) | (path[at + 1] ?? 0));
    }
  }
}

export function readPaths(reader: Reader): readonly Uint8Array[] {
  const count = reader.u8();
  if (count < 1 || count > TREE_PATHS_MAX) {
    return reader.fail(`it asks for ${count} paths, allowed are 1 to ${TREE_PATHS_MAX}`);
  }
  const paths: Uint8Array[] = [];
  while (paths.length < count) paths.push(readPath(reader));
  reader.end();
  return paths;
}

function readPath(reader: Reader): Uint8Array {
  const length = reader.u8();
  if (length > PATH_DIGITS_MAX) {
    return reader.fail(`a path has ${length} digits, allowed are up to ${PATH_DIGITS_MAX}`);
  }
  const packed = reader.raw(Math.ceil(length / 2));
  if (length % 2 === 1 && ((packed.at(-1) ?? 0) & 0xf) !== 0) {
    return reader.fail("a path has more than its digits");
  }
  return Uint8Array.from({ length }, (_, at) => {
    const byte = packed[at >> 1] ?? 0;
    return at % 2 === 0 ? byte >>> 4 : byte & 0xf;
  });
}

export function writeNodes(writer: FrameWriter, nodes: readonly NodeAnswer[]): void {
  for (const node of nodes) {
    if (node.kind === "children") {
      writer.u8(CHILDREN);
      writeChildren(writer, Buffer.from(node.hashes));
    } else {
      writer.u8(LEAVES);
      writeLeaves(writer, node.leaves);
    }
  }
}

export function readNodes(reader: Reader): readonly NodeAnswer[] {
  const nodes: NodeAnswer[] = [];
  while (reader.remaining > 0) {
    const kind = reader.u8();
    if (kind === CHILDREN) nodes.push({ kind: "children", hashes: readChildren(reader) });
    else if (kind === LEAVES) nodes.push({ kind: "leaves", leaves: readLeaves(reader) });
    else return reader.fail(`a node is of kind ${kind}, allowed are ${CHILDREN} and ${LEAVES}`);
    if (nodes.length > TREE_PATHS_MAX) {
      return reader.fail(`it has more than ${TREE_PATHS_MAX} nodes`);
    }
  }
  return nodes;
}

/** How many bytes a node takes in a reply. */
export function nodeSizeBytes(node: NodeAnswer): number {
  if (node.kind === "children") return 3 + node.hashes.length;
  return node.leaves.reduce((sum, { key }) => sum + 2 + key.length + HASH_BYTES, 3);
}

const CHILDREN = 0;
const LEAVES = 1;
const NO_HASH_BYTES = Buffer.from(NO_HASH, "latin1");

function writeChildren(writer: FrameWriter, hashes: Buffer): void {
  const present: Buffer[] = [];
  let mask = 0;
  for (let digit = 0; digit < FAN_OUT; digit += 1) {
    const hash = hashes.subarray(digit * HASH_BYTES, (digit + 1) * HASH_BYTES);
    if (hash.equals(NO_HASH_BYTES)) continue;
    mask |= 1 << digit;
    present.push(hash);
  }
  writer.u16(mask);
  for (const hash of present) writer.raw(hash);
}

function readChildren(reader: Reader): Uint8Array {
  const hashes = Buffer.alloc(FAN_OUT * HASH_BYTES);
  const mask = reader.u16();
  for (let digit = 0; digit < FAN_OUT; digit += 1) {
    if ((mask & (1 << digit)) === 0) continue;
    const hash = reader.raw(HASH_BYTES);
    if (NO_HASH_BYTES.equals(hash)) return reader.fail("it sends the hash of no keys");
    hashes.set(hash, digit * HASH_BYTES);
  }
  return hashes;
}

function writeLeaves(writer: FrameWriter, leaves: readonly Leaf[]): void {
  writer.u16(leaves.length);
  for (const { key, digest } of leaves) {
    writer.u16(key.length);
    writer.raw(key);
    writer.latin1(digest);
  }
}

function readLeaves(reader: Reader): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (let left = reader.u16(); left > 0; left -= 1) {
    const length = reader.u16();
    if (length < 1 || length > KEY_BYTES_MAX) {
      return reader.fail(`a leaf's key has ${length} bytes, allowed are 1 to ${KEY_BYTES_MAX}`);
    }
    const key = reader.raw(length);
    const digest = Buffer.from(reader.raw(HASH_BYTES)).toString("latin1");
    leaves.push({ key, digest });
  }
  return leaves;
}
