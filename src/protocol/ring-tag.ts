import type { RingStamp } from "../ring/ring.ts";

/** A ring's stamp as clients and nodes name it to each other: `epoch-digest`, for example `1-d0850cadefb80ee6`. */
export function ringTag({ epoch, digest }: RingStamp): string {
  return `${epoch}-${digest}`;
}

/** NaN where the tag names none. */
export function epochOfTag(tag: string): number {
  return /^\d{1,15}-/.test(tag) ? Number.parseInt(tag, 10) : Number.NaN;
}
