import { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { HttpCall, HttpCallResult } from "../../../src/client/http-caller.ts";
import { Scheduler } from "../../drivers/sim/scheduler.ts";
import type { ColdWriterParts } from "../cold-writer.ts";
import type { Finding } from "../sim-outcome.ts";

export interface PlayedClients {
  /** In their order, each with its virtual time. */
  readonly calls: readonly (HttpCall & { readonly timeMs: number })[];
  readonly findings: readonly Finding[];
}

interface Clients {
  run(): Promise<void>;
  readBack(): Promise<readonly Finding[]>;
}

/** Plays clients of their own keys against a store of two nodes that is nothing but these answers. */
export async function playClients(
  open: (parts: ColdWriterParts) => Clients,
  answer: (call: HttpCall) => Pick<HttpCallResult, "status" | "headers">,
): Promise<PlayedClients> {
  const scheduler = new Scheduler();
  const calls: PlayedClients["calls"][number][] = [];
  const call = async (made: HttpCall): Promise<HttpCallResult> => {
    calls.push({ ...made, timeMs: scheduler.monotonicMs() });
    return { ...answer(made), body: new Uint8Array(0) };
  };
  const clients = open({
    clock: scheduler,
    random: new SeededRandom(3),
    http: { call },
    nodes: ["n1", "n2"],
    clientUrl: (home, node) => `http://${home}.${node}`,
    directUrl: (node) => `http://${node}`,
  });
  let findings: readonly Finding[] = [];
  const work = async () => {
    await clients.run();
    findings = await clients.readBack();
  };
  await scheduler.run(work(), { untilMs: 60_000, stop: () => false });
  return { calls, findings };
}
