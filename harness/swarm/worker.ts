/** A thread of the pool: runs one plan after another and answers each with a message. */

import { parentPort, workerData } from "node:worker_threads";
import { Heartbeat } from "./heartbeat.ts";
import type { RunModule } from "./run-contract.ts";
import type { WorkerMessage, WorkerStart, WorkerTask } from "./worker-messages.ts";
import { thrownError } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new Error("Cannot start a worker: it is no thread of a pool");

const start = workerData as WorkerStart;
const heartbeat = new Heartbeat(start.heartbeat);
const { runSimulation } = (await import(start.runModule)) as RunModule;

port.on(
  "message",
  (task: WorkerTask) => void work(task).then((message) => port.postMessage(message)),
);
port.postMessage({ type: "ready" } satisfies WorkerMessage);

async function work({ plan, whole, trace }: WorkerTask): Promise<WorkerMessage> {
  try {
    const run = await runSimulation(plan, {
      trace,
      stop: () => {
        heartbeat.sign();
        return false;
      },
      onState: (state) => heartbeat.write(state),
    });
    return whole ? { type: "run", run } : { type: "outcome", outcome: run.outcome };
  } catch (error) {
    return { type: "threw", error: thrownError(error) };
  }
}
