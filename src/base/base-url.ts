/**
 * The base URL of an HTTP server, without a slash at its end; a path is kept. Undefined where the text is none, or has a user name or a password:
 * no request here carries them, and left out in silence they would seem to be sent.
 */
export function baseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !HTTP.test(url.protocol) || url.search !== "" || url.hash !== "") {
    return undefined;
  }
  if (hasCredentials(url)) return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The origin of a plain HTTP URL that has nothing behind it, and neither a user name nor a password. Undefined where the text is none. */
export function httpOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  const isOrigin = url?.protocol === "http:" && url.pathname === "/" && url.search === "";
  return isOrigin && !hasCredentials(url) ? url.origin : undefined;
}

/** True where a URL names a user, or gives a password. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/** A URL as errors show it, which end in logs: what stands before an `@` in front of its path is left out. The text need not be a URL. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !HTTP.test(url.protocol)) {
    // Nobody knows where its path begins: a password may have been written with a slash.
    const [scheme = ""] = /^[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? [];
    return text.includes("@") ? `${scheme}…${text.slice(text.lastIndexOf("@"))}` : text;
  }
  if (!hasCredentials(url)) return text;
  const { protocol, host, pathname, search, hash } = url;
  return `${protocol}//…@${host}${pathname === "/" ? "" : pathname}${search}${hash}`;
}

/** URLs separated by commas; one in a password, in front of an `@` of the same URL, parts none, so that no half of it is shown. */
export function urlTexts(text: string): readonly string[] {
  return text.split(/,(?!(?:(?!\/\/).)*@)/s);
}

/** True of a base URL that only a client with TLS can ask; the library and the nodes have none. */
export function isUnderTls(url: string): boolean {
  return url.startsWith("https:");
}

const HTTP = /^https?:$/;
