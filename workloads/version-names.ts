/*
 * Names for the versions that clients write, so that a history says which versions a read returned and which ones a write
 * replaced. The name goes with the value as a parameter of its content type, which a store hands back as it got it: the
 * value itself stays what an application would write, and two writes of equal values are still told apart.
 */

const PARAMETER = "; version=";

export function namedType(contentType: string, version: string): string {
  return `${contentType}${PARAMETER}${version}`;
}

/** The name in a content type; undefined where a client without names wrote it. */
export function versionNameOf(contentType: string): string | undefined {
  const at = contentType.lastIndexOf(PARAMETER);
  return at < 0 ? undefined : contentType.slice(at + PARAMETER.length);
}

/** The names of what a read returned; undefined where one of them has none. */
export function versionNames(siblings: readonly { readonly contentType: string }[]): {
  readonly saw?: readonly string[];
} {
  const saw: string[] = [];
  for (const { contentType } of siblings) {
    const name = versionNameOf(contentType);
    if (name === undefined) return {};
    saw.push(name);
  }
  return { saw };
}
