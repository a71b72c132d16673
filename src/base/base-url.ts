/**
 * The base URL of an HTTP server, without a slash at its end; a path is kept. Undefined where the text is none, or has a user name or a password:
 * no request here carries them, and left out in silence they would seem to be sent.
 */
export function baseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    return undefined;
  }
  if (hasCredentials(url)) return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** True where a URL names a user, or gives a password. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/** True of a base URL that only a client with TLS can ask; the library and the nodes have none. */
export function isUnderTls(url: string): boolean {
  return url.startsWith("https:");
}
