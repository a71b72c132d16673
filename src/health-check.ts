/**
 * Asks a node whether it lives, for images without an HTTP client of their own: `node src/health-check.ts [URL]`; without a
 * URL the node that `RINGSIDE_CONFIG` configures on this machine. Not whether it serves: orchestrators replace what is unhealthy,
 * and a node that waits to be joined would never get there. Exit status: 0 `GET /livez` answered 200 in time, 1 it did not, 64 bad
 * use. Loads nothing of the node, since a container engine starts it every few seconds.
 */

import { hasCredentials } from "./base/base-url.ts";
import { createHttpCaller } from "./platform/http-client.ts";

const TIMEOUT_MS = 2_000;
const EXIT_BAD_USE = 64;
const REASON_BYTES_MAX = 300;

const [text = configuredUrl(process.env["RINGSIDE_CONFIG"]), ...others] = process.argv.slice(2);
const url = URL.parse(text);
if (url?.protocol !== "http:" || hasCredentials(url) || others.length > 0) {
  end(
    EXIT_BAD_USE,
    "Cannot check: give the node's URL alone, without a user name or a password, such as http://127.0.0.1:8000, or set RINGSIDE_CONFIG",
  );
}

const http = createHttpCaller();
try {
  const { status, body } = await http.call({
    method: "GET",
    url: new URL("/livez", url).href,
    timeoutMs: TIMEOUT_MS,
  });
  if (status !== 200) end(1, `Not healthy: ${url.origin} answered ${status}${reasonIn(body)}`);
} catch (error) {
  end(1, `Not healthy: ${error instanceof Error ? error.message : error}`);
} finally {
  http.close();
}

/** Where the node listens on every interface, it listens on the loopback too. Empty where no address can be read. */
function configuredUrl(configuration = ""): string {
  try {
    const { httpAddress } = JSON.parse(configuration) as { readonly httpAddress?: unknown };
    if (typeof httpAddress !== "string") return "";
    return `http://${httpAddress.replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, "127.0.0.1")}`;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return "";
    throw error;
  }
}

/** What a node says of itself, on the same line. */
function reasonIn(body: Uint8Array): string {
  const [line = ""] = Buffer.from(body.subarray(0, REASON_BYTES_MAX)).toString().split("\n");
  return line === "" ? "" : ` (${line})`;
}

function end(status: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(status);
}
