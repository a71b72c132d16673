import { DockerError } from "./docker-error.ts";
import type { ProgramCall } from "./docker-program.ts";
import { runProgram } from "./docker-program.ts";
import type { Engine } from "./engine.ts";

/** Compose of either generation: the plugin `docker compose`, or the program `docker-compose` 1.29. */
export interface Compose {
  readonly name: string;
  readonly version: string;
  run(args: readonly string[], call: ProgramCall): Promise<string>;
}

interface Generation {
  readonly command: readonly [program: string, ...leading: string[]];
  /** Whether it finds the engine of the current context by itself. */
  readonly knowsContexts: boolean;
}

const GENERATIONS: readonly Generation[] = [
  { command: ["docker", "compose"], knowsContexts: true },
  { command: ["docker-compose"], knowsContexts: false },
];
/** The first release that reads files without a version reliably. */
const VERSION_MIN = [1, 28] as const;
const ASK_TIMEOUT_MS = 20_000;

/** The newest generation that is installed. Rejects with one sentence where there is none, or one that is too old. */
export async function findCompose(engine: Engine): Promise<Compose> {
  const failures: string[] = [];
  for (const { command, knowsContexts } of GENERATIONS) {
    const [program, ...leading] = command;
    const environment = knowsContexts ? {} : { DOCKER_HOST: engine.endpoint };
    const name = command.join(" ");
    try {
      const version = await runProgram(program, [...leading, "version", "--short"], {
        action: `ask ${name} for its version`,
        timeoutMs: ASK_TIMEOUT_MS,
      });
      return checked({
        name,
        version: version.replace(/^v/, ""),
        run: (args, call) =>
          runProgram(program, [...leading, ...args], {
            ...call,
            environment: { ...environment, ...call.environment },
          }),
      });
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      failures.push(error.message);
    }
  }
  throw new DockerError(
    `Cannot use Docker: neither \`docker compose\` nor \`docker-compose\` works (${failures.at(-1)})`,
  );
}

function checked(compose: Compose): Compose {
  const [major = 0, minor = 0] = compose.version.split(".").map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return compose;
  throw new DockerError(
    `Cannot use ${compose.name} ${compose.version}: allowed is ${VERSION_MIN.join(".")} or newer`,
  );
}
