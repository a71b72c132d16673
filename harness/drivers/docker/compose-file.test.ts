import { describe, expect, it } from "vitest";
import { pairsOf } from "../../nemesis/probes.ts";
import { nodeConfigurationFile } from "../node-configuration-file.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { wiringOf } from "../wiring.ts";
import type { ComposeFileOptions } from "./compose-file.ts";
import { composeFile, proxyPorts } from "./compose-file.ts";

interface Service {
  readonly networks: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
}

interface Named {
  readonly name: string;
  readonly internal?: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver_opts?: Readonly<Record<string, string>>;
}

const WIRING = wiringOf(3);

function fileOf(options: Partial<ComposeFileOptions> = {}) {
  const place = { name: "n1", httpAddress: "n1:1", rpcAddress: "n1:2", dataFolder: "/data" };
  return composeFile({
    run: "ringside-1",
    keep: false,
    wiring: WIRING,
    images: { node: "ringside:1", toxiproxy: { image: "toxiproxy:1", isOurs: false } },
    nodeTemplate: "/docker/node.yaml",
    configurationOf: () =>
      nodeConfigurationFile(SMALL_PLAN, {
        clusterId: "c",
        clusterSecret: "pa$$word",
        self: place,
        places: [place],
        routes: {},
      }),
    diskBytes: undefined,
    publishAt: "127.0.0.1",
    ...options,
  }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly networks: Readonly<Record<string, Named>>;
    readonly volumes: Readonly<Record<string, Named>>;
  };
}

describe("composeFile()", () => {
  it("puts each node alone into a network that leads nowhere, and Toxiproxy into all", () => {
    const { services, networks } = fileOf();
    for (const node of WIRING.nodes) {
      expect(Object.keys(services[node]?.networks ?? {})).toEqual([node]);
      expect(networks[node]?.internal).toBe(true);
      expect(services[node]?.ports).toBeUndefined();
    }
    expect(Object.keys(services["toxiproxy"]?.networks ?? {})).toEqual(["front", "n1", "n2", "n3"]);
  });

  it("publishes the API, each client's proxy and each direct one, and none between nodes", () => {
    const published = fileOf().services["toxiproxy"]?.ports ?? [];
    const ports = proxyPorts(WIRING);
    expect(published).toHaveLength(1 + 9 + 3);
    expect(published.every((each) => each.startsWith("127.0.0.1::"))).toBe(true);
    for (const { from, to } of pairsOf(WIRING.nodes)) {
      expect(published).not.toContain(`127.0.0.1::${ports.get(`${from}~${to}`)}`);
    }
    expect(new Set(ports.values()).size).toBe(6 + 9 + 3);
  });

  it("labels everything with its run and its owner, unless it is to be kept", () => {
    const { services, networks, volumes } = fileOf();
    for (const { labels } of [services, networks, volumes].flatMap((each) => Object.values(each))) {
      expect(labels["ringside.run"]).toBe("ringside-1");
      expect(labels["ringside.owner"]).toMatch(new RegExp(`/${process.pid}$`));
    }
    expect(fileOf({ keep: true }).services["n1"]?.labels["ringside.owner"]).toBeUndefined();
  });

  it("hides the dollar signs of a configuration from compose", () => {
    const text = fileOf().services["n1"]?.environment?.["RINGSIDE_CONFIG"] ?? "";
    expect(text).toContain("pa$$$$word");
    expect(JSON.parse(text.replaceAll("$$", "$")).clusterSecret).toBe("pa$$word");
  });

  it("gives our own Toxiproxy its program, and leaves another its own", () => {
    expect(fileOf().services["toxiproxy"]?.command).toBeUndefined();
    const toxiproxy = { image: "ringside:1", isOurs: true };
    const own = fileOf({ images: { node: "ringside:1", toxiproxy } });
    expect(own.services["toxiproxy"]?.command?.[0]).toBe("harness/toxiproxy/main.ts");
  });

  it("keeps limited disks in memory, held by the meter while their node is down", () => {
    const { services, volumes } = fileOf({ diskBytes: 1_000_000 });
    expect(volumes["n1"]?.driver_opts?.["o"]).toContain("size=1000000,");
    const cgroups = "/sys/fs/cgroup:/cgroups:ro";
    const disks = WIRING.nodes.map((node) => `${node}:/disks/${node}`);
    expect(services["meter"]?.volumes).toEqual([cgroups, ...disks]);
    expect(fileOf().services["meter"]?.volumes).toEqual([cgroups]);
  });
});
