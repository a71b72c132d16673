import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { repeatCommand } from "./repeat-command.ts";
import { syntheticRun } from "./testing/synthetic-run.ts";

const { plan } = syntheticRun({ seed: 5, verdict: "valid", seconds: 1, rate: 10 });

test("repeatCommand() names every setting of the plan", () => {
  expect(repeatCommand({ ...plan, slo: undefined, nemesis: [] })).toBe(
    "npm run bench -- --workload shopping-cart --cluster processes --nodes 5 --n 3 --r 2 --w 2 --partitions 1024 --quorum sloppy --versioning dvvset --reconcile union --engine lmdb --nemesis none --rate 10 --clients 20 --carts 40 --seconds 1 --seed 5",
  );
  const odd = {
    ...plan,
    writeBufferObjects: 1_000,
    clientsRoam: true,
    beyondBudget: true,
    toxiproxyUrl: "http://127.0.0.1:8474",
  };
  expect(repeatCommand(odd)).toMatch(
    / --write-buffer 1000 --toxiproxy http:\/\/127\.0\.0\.1:8474 --slo 'p99\.9<300ms' --clients-roam --beyond-budget$/,
  );
});

test("repeatCommand() survives a shell, whatever the plan says", () => {
  const workload = 'it\'s; $(echo owned) `id` "x" \\ *';
  const flags = repeatCommand({ ...plan, workload }).replace("npm run bench -- ", "");
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${flags}`], { encoding: "utf8" }).split(
    "\n",
  );
  expect(words[1]).toBe(workload);
});
