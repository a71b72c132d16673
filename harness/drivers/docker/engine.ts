import { DockerError } from "./docker-error.ts";
import { docker } from "./docker-program.ts";

/** The engine that the docker program speaks to. */
export interface Engine {
  readonly version: string;
  /** As Docker names it, such as `amd64`. */
  readonly architecture: string;
  /** Whether it runs on this machine: its published ports are on loopback then, else on `host`. */
  readonly isLocal: boolean;
  /** Where the harness reaches published ports. */
  readonly host: string;
  /** As in DOCKER_HOST, such as `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
}

const REMOTE_PROTOCOLS: ReadonlySet<string> = new Set(["tcp:", "ssh:", "http:", "https:"]);
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const VERSION_MIN = [20, 10] as const;
const ASK_TIMEOUT_MS = 20_000;

/** Asks the engine who it is. Rejects with one sentence where none answers, or one that is too old. */
export async function findEngine(): Promise<Engine> {
  const call = { action: "use Docker", timeoutMs: ASK_TIMEOUT_MS };
  const printed = await docker(["version", "--format", "{{json .Server}}"], call);
  const server = JSON.parse(printed) as { Version?: string; Arch?: string } | null;
  const { Version: version = "", Arch: architecture = "" } = server ?? {};
  if (!isNewEnough(version)) {
    throw new DockerError(
      `Cannot use Docker: the engine is ${version || "of unknown version"}, allowed is ${VERSION_MIN.join(".")} or newer`,
    );
  }
  const endpoint = await docker(
    ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
    call,
  );
  return { version, architecture, endpoint, ...whereabouts(endpoint) };
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

/** Where ports that an engine at this endpoint publishes are reached. */
export function whereabouts(endpoint: string): Pick<Engine, "isLocal" | "host"> {
  const url = URL.parse(endpoint);
  const isLocal =
    url === null || !REMOTE_PROTOCOLS.has(url.protocol) || LOOPBACK.test(url.hostname);
  return isLocal ? { isLocal, host: "127.0.0.1" } : { isLocal, host: url.hostname };
}
