import type { Environment } from "../env/environment.ts";
import { NodeAssertions } from "./node-assertions.ts";
import { createNodeClock } from "./node-clock.ts";
import { createNodeRandom } from "./node-random.ts";
import { createPinoLog } from "./pino-log.ts";
import { createPrometheusMetrics } from "./prometheus-metrics.ts";
import { createTcpTransport } from "./tcp-transport.ts";

export interface NodeEnvironmentOptions {
  readonly nodeId: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** The real world, behind the ports. */
export interface NodeEnvironment extends Environment {
  /** Prometheus' text form of all metrics. */
  metricsText(): Promise<string>;
}

export function createNodeEnvironment(options: NodeEnvironmentOptions): NodeEnvironment {
  const metrics = createPrometheusMetrics();
  const log = createPinoLog({ level: options.logLevel, nodeId: options.nodeId });
  const clock = createNodeClock();
  return {
    clock,
    wallShift: clock,
    random: createNodeRandom(),
    transport: createTcpTransport(),
    log,
    metrics,
    assertions: new NodeAssertions({ log, metrics }),
    metricsText: () => metrics.text(),
  };
}
