/** The base URL of an HTTP server, without a slash at its end; a path is kept. Undefined where the text is none. */
export function baseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    return undefined;
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** True of a base URL that only a client with TLS can ask; the library and the nodes have none. */
export function isUnderTls(url: string): boolean {
  return url.startsWith("https:");
}
