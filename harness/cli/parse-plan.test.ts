import { describe, expect, it } from "vitest";
import { repeatCommand } from "../report/repeat-command.ts";
import { UsageError } from "./exit-status.ts";
import { parsePlan } from "./parse-plan.ts";

const SEED = 42;
const EXTERNAL = "--cluster external";
const FOUND = `${EXTERNAL} --targets http://a:1,http://b:2`;

function parse(line: string) {
  return parsePlan(
    line.split(" ").filter((word) => word !== ""),
    SEED,
  );
}

describe("parsePlan()", () => {
  it("gives the plan of the main job where nothing is said", () => {
    expect(parse("")).toEqual({
      format: "ringside-plan",
      version: 1,
      workload: "shopping-cart",
      cluster: "processes",
      nodes: 5,
      n: 3,
      r: 2,
      w: 2,
      partitions: 1_024,
      quorum: "sloppy",
      versioning: "dvvset",
      reconcile: "union",
      engine: "lmdb",
      antiEntropy: true,
      nemesis: ["halves", "one", "ring", "bridge", "one-way"],
      rate: 500,
      clients: 20,
      carts: 50,
      clientsRoam: false,
      seconds: 30,
      seed: SEED,
      toxiproxyUrl: undefined,
      slo: undefined,
      beyondBudget: false,
      expects: { verdict: "valid", reason: expect.stringContaining("dvvset with union") },
    });
  });

  it.each([
    ["--nodes 3", { nodes: 3, n: 3, nemesis: ["halves", "one", "bridge", "one-way"] }],
    ["--nodes 1", { nodes: 1, n: 1, r: 1, w: 1, nemesis: ["none"] }],
    ["--n 2 --r 1", { n: 2, r: 1, w: 2 }],
    ["--nemesis none --seconds 1", { nemesis: ["none"], seconds: 1 }],
    ["--nemesis crash,pause,crash", { nemesis: ["crash", "pause"] }],
    ["--seed 0", { seed: 0 }],
    ["--client-routing owners", { clientRouting: "owners" }],
    ["--clients-roam --beyond-budget", { clientsRoam: true, beyondBudget: true }],
    ["--toxiproxy http://127.0.0.1:8474/", { toxiproxyUrl: "http://127.0.0.1:8474" }],
    ["--slo p99.9<300ms,max<2s", { slo: "p99.9<300ms,max<2s" }],
    ["--cluster sim", { cluster: "sim" }],
    [
      "--cluster external --targets http://a:1,http://b:80/,http://c:3",
      {
        nodes: 3,
        nemesis: ["none"],
        external: { targets: ["http://a:1", "http://b", "http://c:3"] },
        toxiproxyUrl: undefined,
      },
    ],
    [
      `${FOUND} --toxiproxy http://t:8474 --toxiproxy-host t.inside --toxiproxy-ports 7000-7005`,
      {
        nodes: 2,
        nemesis: ["halves", "one", "one-way"],
        external: { toxiproxyHost: "t.inside", toxiproxyPorts: "7000-7005" },
      },
    ],
    [`${FOUND} --nemesis clock`, { nemesis: ["clock"] }],
    [`${FOUND} --toxiproxy http://t:8474 --nemesis slow,halves`, { nemesis: ["slow", "halves"] }],
    [
      "--versioning merged --truncate reaches",
      {
        truncate: "reaches",
        clockEntriesMax: 10,
        expects: expect.objectContaining({ verdict: "valid" }),
      },
    ],
    [
      "--versioning vector-clock --truncate exceeds --clock-entries-max 3",
      { truncate: "exceeds", clockEntriesMax: 3 },
    ],
    ["--versioning lww-hybrid", { expects: expect.objectContaining({ verdict: "may-lose" }) }],
    ["--nemesis restart,wipe,clock", { nemesis: ["restart", "wipe", "clock"] }],
    ["--nemesis wipe --cluster sim", { expects: expect.objectContaining({ verdict: "valid" }) }],
    [
      "--nemesis wipe --w 1 --beyond-budget",
      { expects: expect.objectContaining({ verdict: "may-lose" }) },
    ],
    ["--versioning lww", { expects: expect.objectContaining({ verdict: "may-lose" }) }],
  ])("understands %s", (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });

  it.each([
    ["--nodes 0", "Cannot use --nodes 0: allowed is a whole number from 1 to 32"],
    ["--nodes 33", "Cannot use --nodes 33: allowed is a whole number from 1 to 32"],
    ["--nodes 2.5", "Cannot use --nodes 2.5: allowed is a whole number from 1 to 32"],
    ["--nodes 5 --n 6", "Cannot use --n 6: allowed is a whole number from 1 to 5"],
    ["--r 4", "Cannot use --r 4: allowed is a whole number from 1 to 3"],
    ["--w 0", "Cannot use --w 0: allowed is a whole number from 1 to 3"],
    ["--partitions 4", "Cannot use --partitions 4: allowed is a whole number from 5 to 65536"],
    ["--rate 1e3", "Cannot use --rate 1e3: allowed is a whole number from 1 to 100000"],
    ["--seed 9007199254740993", "allowed is a whole number from 0 to 9007199254740991"],
    ["--workload bank", "Cannot use --workload bank: allowed is shopping-cart"],
    ["--quorum loose", "Cannot use --quorum loose: allowed is sloppy, strict"],
    ["--versioning clock", "allowed is dvvset, merged, vector-clock, vector-clock-max, lww"],
    ["--truncate reaches", "Cannot use --truncate reaches with --versioning dvvset: allowed are"],
    ["--versioning merged --truncate 9", "Cannot use --truncate 9: allowed is off, reaches,"],
    ["--versioning merged --clock-entries-max 9", "Cannot use --clock-entries-max without"],
    [
      "--versioning merged --truncate exceeds --clock-entries-max 1",
      "Cannot use --clock-entries-max 1: allowed is a whole number from 2 to 1000",
    ],
    [`${FOUND} --truncate exceeds`, "Cannot use --truncate with --cluster external"],
    ["--nemesis halves,fire", 'Cannot use --nemesis "fire": allowed is halves, one, ring'],
    ["--datacenters 6", "Cannot use --datacenters 6: allowed is a whole number from 1 to 5"],
    [
      "--nemesis datacenter",
      "Cannot use --nemesis datacenter without --datacenters: allowed is 2 or more",
    ],
    ["--nemesis datacenter --datacenters 1", "allowed is 2 or more"],
    [`${FOUND} --datacenters 2`, "Cannot use --datacenters with --cluster external"],
    ["--datacenter-replicas 2,1", "Cannot use --datacenter-replicas without --datacenters"],
    [
      "--datacenters 3 --datacenter-replicas 2,1",
      "Cannot use --datacenter-replicas 2,1: allowed are 3 numbers, 3 together, none over the nodes of its datacenter (2, 2, 1)",
    ],
    ["--datacenters 3 --datacenter-replicas 1,0,2", "none over the nodes of its datacenter"],
    ["--datacenters 3 --datacenter-replicas 2,1,1", "3 numbers, 3 together"],
    ["--datacenters 2 --datacenter-replicas 2,x", "2 numbers, 3 together"],
    ["--nemesis none,one", "Cannot use --nemesis none together with other kinds"],
    ["--nodes 3 --nemesis ring", "Cannot use --nemesis ring with 3 nodes: allowed are 4 or more"],
    ["--seconds 5", "Cannot use --seconds 5 with --nemesis halves,one,ring,bridge,one-way"],
    ["--cluster docker --nodes 10", "Cannot use --nodes 10: allowed is a whole number from 1 to 9"],
    [
      "--cluster docker --toxiproxy http://127.0.0.1:1",
      "Cannot use --toxiproxy with --cluster docker",
    ],
    ["--toxiproxy-image x", "Cannot use --toxiproxy-image with --cluster processes: allowed is"],
    ["--cluster docker --toxiproxy-image /x", "Cannot use --toxiproxy-image "],
    ["--cluster sim --toxiproxy http://127.0.0.1:8474", "its network is simulated"],
    ["--cluster moon", "Cannot use --cluster moon: allowed is processes, docker, external, sim"],
    ["--targets http://a:1", "Cannot use --targets with --cluster processes: it goes with"],
    ["--cluster sim --toxiproxy-host a", "Cannot use --toxiproxy-host with --cluster sim"],
    [
      "--cluster external",
      "Cannot use --cluster external without --targets: it takes 1 to 32 URLs",
    ],
    [`${EXTERNAL} --targets a:1`, "Cannot use --targets a:1: allowed is 1 to 32 URLs such as"],
    [`${EXTERNAL} --targets https://a:1`, "Cannot use --targets https://a:1: allowed is"],
    [
      `${EXTERNAL} --targets http://a:1,http://u:p,q@b:2`,
      "Cannot use --targets http://…@b:2: allowed is",
    ],
    [`${FOUND} --toxiproxy u:p@b:99999`, "Cannot use --toxiproxy …@b:99999: allowed is"],
    [`${EXTERNAL} --targets http://a:1/kv`, "Cannot use --targets http://a:1/kv: allowed is"],
    [`${EXTERNAL} --targets http://a:1,`, "Cannot use --targets : allowed is"],
    [
      `${EXTERNAL} --targets http://a:1,http://a:1/`,
      "Cannot use --targets: http://a:1 stands there",
    ],
    [`${FOUND} --nodes 3`, "Cannot use --nodes 3: --targets names 2"],
    [
      `${FOUND} --nemesis halves`,
      "Cannot use --nemesis halves with --cluster external without --toxiproxy URL: allowed are clock, none",
    ],
    [`${FOUND} --toxiproxy-ports 1-2`, "Cannot use --toxiproxy-ports without --toxiproxy URL"],
    [
      `${FOUND} --toxiproxy http://t:1 --nemesis slow,crash`,
      "Cannot use --nemesis crash with --cluster external: allowed are halves, one, ring, bridge, one-way, slow, clock, none",
    ],
    [`${FOUND} --toxiproxy http://t:1 --nemesis disk-full`, "Cannot use --nemesis disk-full with"],
    [
      `${FOUND} --toxiproxy http://t:1 --toxiproxy-host http://t`,
      "allowed is a name or an address",
    ],
    [
      `${FOUND} --toxiproxy http://t:1 --toxiproxy-ports 7000-7004`,
      "Cannot use --toxiproxy-ports 7000-7004: allowed is FIRST-LAST within 1-65535, 6 ports or more for 2 nodes",
    ],
    [`${FOUND} --toxiproxy http://t:1 --toxiproxy-ports 65000-70000`, "within 1-65535"],
    [`${FOUND} --toxiproxy http://t:1 --toxiproxy-ports many`, "allowed is FIRST-LAST"],
    ["--slo p98<1ms", "it must read like p99.9<300ms"],
    ["--toxiproxy localhost:8474", "allowed is a URL such as http://127.0.0.1:8474"],
    ["--write-buffer 10 --w 1 --nemesis crash", "--engine lmdb without --write-buffer"],
    ["--write-buffer 1000001", "Cannot use --write-buffer"],
    ["--cluster sim --engine sqlite", "Cannot use --engine sqlite"],
    ["--engine memory --w 1 --nemesis crash", "one crash may destroy acknowledged writes"],
    [
      "--engine memory --w 1 --nemesis restart",
      "Cannot use --nemesis restart with --engine memory and --w 1: one restart may destroy acknowledged writes; use --w 2 or more, --engine lmdb, or --beyond-budget",
    ],
    [
      "--w 1 --nemesis wipe",
      "Cannot use --nemesis wipe with --w 1: one wipe may destroy acknowledged writes; use --w 2 or more, or --beyond-budget",
    ],
    [
      "--nemesis halves,cpu",
      "Cannot use --nemesis cpu with --cluster processes: allowed are halves, one, ring, bridge, one-way, datacenter, crash, pause, slow, restart, wipe, clock",
    ],
    ["--cluster sim --nemesis memory", "Cannot use --nemesis memory with --cluster sim"],
    ["--colour red", "Cannot read the arguments: Unknown option '--colour'"],
    ["now", 'Cannot use the argument "now": expected flags only'],
    ["--seed", "Cannot read the arguments: Option '--seed <value>' argument missing"],
  ])("refuses %s in one line", (line, message) => {
    const refusal = () => parse(line);
    expect(refusal).toThrow(UsageError);
    expect(refusal).toThrow(message);
    expect(refusal).not.toThrow("\n");
  });

  it.each([
    "--nemesis crash,slow --seed 7 --slo p99<1s --clients-roam",
    "--client-routing owners --seed 7",
    `${FOUND} --toxiproxy http://t:8474 --toxiproxy-host t.inside --toxiproxy-ports 7000-7005`,
  ])("reads back the command that a report prints for %s", (line) => {
    const plan = parse(line);
    const [, words = ""] = repeatCommand(plan).split("npm run bench -- ");
    expect(parse(words.replaceAll("'", ""))).toEqual(plan);
  });
});
