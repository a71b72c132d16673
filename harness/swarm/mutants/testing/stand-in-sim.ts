/*
 * Stands in for `harness/cli.ts` of a copy: a swarm whose whole store is the constants of `src/store.ts`. It is copied to where the
 * CLI would stand, so it imports nothing of the project.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    first: { type: "string", default: "1" },
    seeds: { type: "string", default: "0" },
    corpus: { type: "boolean" },
    json: { type: "string" },
    jobs: { type: "string" },
    "stop-at-first": { type: "boolean" },
    "no-shrink": { type: "boolean" },
  },
});
const { quorum, mood, label } = await import(join(process.cwd(), "src/store.ts"));
if (positionals[0] !== "sim" || values.json === undefined) process.exit(64);
if (mood === "crash") {
  process.stderr.write("Cannot start: planted\n");
  process.exit(70);
}
if (mood === "hang") setInterval(() => {}, 1_000);
else if (mood === "mute") process.exit(1);
else if (mood === "garbage") writeFileSync(values.json, "{");
else if (values.corpus === true) {
  // As the real one does: a copy without its corpus is of no use.
  const [plan] = readdirSync("results/reference/seeds");
  const found = label === "thin" ? [{ check: "labels", anomaly: "thin-label", plan }] : [];
  writeFileSync(values.json, JSON.stringify({ plansRun: 1, found }));
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  const [first, count] = [Number(values.first), Number(values.seeds)];
  const isFound = quorum !== 2 && first <= 3 && 3 < first + count;
  const findings = isFound ? [{ check: "copies", anomaly: "too-few-copies", seed: 3 }] : [];
  const seedsRun = isFound ? 3 - first + 1 : count;
  writeFileSync(values.json, JSON.stringify({ seedsRun, findings }));
  process.exitCode = findings.length === 0 ? 0 : 1;
}
