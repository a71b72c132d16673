/**
 * Problem: the same few names are read out of bytes again and again, and each time a string is made of them, checked, and
 * hashed when a map first sees it; that takes several times as long as everything else about a name.
 *
 * Sketch: a table from the bytes of a text to the text made of them before. Each text has one place, by its hash, and who
 * comes later takes it: nothing grows, and what is forgotten is only made anew. So a table is right to keep for as long as
 * its owner lives, and it never changes what is read.
 */
export class TextTable<Text extends string> {
  readonly #texts: (Text | undefined)[] = new Array(TEXTS_MAX).fill(undefined);

  /** The ASCII text that these bytes are, where it was remembered; undefined where it was not, or its place was taken. */
  find(bytes: Uint8Array, start: number, end: number): Text | undefined {
    let hash = 0;
    for (let at = start; at < end; at += 1) {
      hash = (Math.imul(hash, FACTOR) + (bytes[at] as number)) | 0;
    }
    const text = this.#texts[placeOf(hash)];
    if (text === undefined || text.length !== end - start) {
      return undefined;
    }
    for (let index = 0; index < text.length; index += 1) {
      if (text.charCodeAt(index) !== bytes[start + index]) {
        return undefined;
      }
    }
    return text;
  }

  remember(text: Text): void {
    let hash = 0;
    for (let index = 0; index < text.length; index += 1) {
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(index)) | 0;
    }
    this.#texts[placeOf(hash)] = text;
  }
}

const TEXTS_MAX = 4_096;
const FACTOR = 0x01000193;

/** The upper bits of the hash count too: texts that differ in their first characters only would meet otherwise. */
function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (TEXTS_MAX - 1);
}
