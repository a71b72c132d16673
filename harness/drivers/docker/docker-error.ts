/** What went wrong with Docker, in one sentence, with what to do about it where that is known. */
export class DockerError extends Error {
  override readonly name = "DockerError";
}

/** What the engine or its programs say, and what that means. The first that fits counts. */
const KNOWN: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [
    /permission denied while trying to connect|connect: permission denied|PermissionError|Permission denied.*docker\.sock/i,
    "no permission on the engine's socket (be root or a member of the group docker)",
  ],
  [
    /cannot connect to the docker daemon|error during connect|couldn't connect to docker daemon|connection refused.*docker\.sock|failed to connect to the docker api/i,
    "no engine answers (is dockerd running? DOCKER_HOST and the context say where it is looked for)",
  ],
  [/no space left on device/i, "the engine's disk is full"],
  [/port is already allocated|address already in use/i, "a port is taken"],
  [
    /could not find an available,? non-overlapping/i,
    "the engine has no network address left (docker network prune frees unused ones)",
  ],
];

/** "Cannot <action>: <meaning>", from all that a program printed on its error stream. */
export function dockerError(action: string, printed: string): DockerError {
  const said = lastLineOf(printed);
  const known = KNOWN.find(([pattern]) => pattern.test(printed))?.[1];
  if (known === undefined) return new DockerError(`Cannot ${action}: ${said}`);
  return new DockerError(`Cannot ${action}: ${known}; Docker said: ${said}`);
}

const NOISE = /^(: unknown$|See '|Run '|DEPRECATED|\s*Install the buildx|\s*https?:\/\/|\s*$)/;

function lastLineOf(printed: string): string {
  const lines = printed.split("\n").filter((line) => !NOISE.test(line));
  const line = lines.at(-1)?.trim() ?? "it ended without saying why";
  return line.replace(/^(ERROR|Error response from daemon|Error):\s*/i, "");
}
