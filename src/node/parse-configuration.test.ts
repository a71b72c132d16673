import { describe, expect, test } from "vitest";
import { ConfigurationError, checkedRoutes } from "./checked-values.ts";
import { parseConfiguration } from "./parse-configuration.ts";
import { WRITTEN_CONFIGURATION } from "./testing/written-configuration.ts";

describe("parseConfiguration()", () => {
  test("completes what is left out with the paper's values", () => {
    const { n, r, w, quorum, versioning, sync, partitions } =
      parseConfiguration(WRITTEN_CONFIGURATION);
    expect({ n, r, w, quorum, versioning, sync, partitions }).toEqual({
      n: 3,
      r: 2,
      w: 2,
      quorum: "sloppy",
      versioning: "dvvset",
      sync: true,
      partitions: 1_024,
    });
  });

  test.each([
    [{ r: 4 }, "Cannot use r: 4 is given, allowed is a whole number from 1 to 3"],
    [{ n: 1, w: 2 }, "Cannot use w: 2 is given, allowed is a whole number from 1 to 1"],
    [{ n: 0 }, "Cannot use n: 0 is given, allowed is a whole number from 1 to 64"],
    [{ truncate: "reaches" }, "Cannot use truncate reaches with versioning dvvset: only merged,"],
    [{ truncate: "often" }, "allowed is one of off, reaches, exceeds"],
    [{ clockEntriesMax: 1 }, "allowed is a whole number from 2 to 1000"],
    [{ siblingsMax: 1 }, "allowed is a whole number from 2 to 1000"],
    [{ clockSkewMaxMs: 0 }, "allowed is a whole number from 1 to 86400000"],
    [
      { engine: "floppy" },
      'Cannot use engine: "floppy" is given, allowed is one of lmdb, memory, sqlite',
    ],
    [{ rpcAddress: "nowhere" }, 'Cannot use rpcAddress: "nowhere" is given, allowed is host:port'],
    [{ rpcAddress: "h:70000" }, "allowed is host:port with a port from 1 to 65535"],
    [{ httpAddress: "a/b:80" }, 'Cannot use httpAddress: "a/b:80" is given, allowed is host:port'],
    [{ rpcAddress: "h:0" }, "allowed is host:port with a port from 1 to 65535"],
    [{ clusterId: "\ud800" }, "Cannot use clusterId:"],
    [{ notFound: 1 }, "Cannot use notFound: 1 is given, allowed is one of count, ignore"],
    [{ clusterId: "" }, 'Cannot use clusterId: "" is given, allowed is a text of 1 to 64'],
    [{ dataFolder: undefined }, "Cannot use dataFolder: it is missing"],
    [{ nodeId: "n9", gossipMs: 0 }, "node n9 is not among n1, n2"],
    [{ nodeId: "a b" }, "Cannot use nodeId"],
    [{ nodeId: undefined }, "Cannot use nodeId: it is missing"],
    [
      { members: [WRITTEN_CONFIGURATION.members[0], WRITTEN_CONFIGURATION.members[0]] },
      "a node id stands there twice",
    ],
    [{ members: [] }, "a list of 1 to 1000 objects"],
    [
      { members: [{ ...WRITTEN_CONFIGURATION.members[0], clientUrl: "n1:8000" }] },
      'Cannot use members[0].clientUrl: "n1:8000" is given, allowed is a URL such as http://host:port',
    ],
    [
      { members: [{ ...WRITTEN_CONFIGURATION.members[0], clientUrl: "http://u:p@n1:8000" }] },
      'Cannot use members[0].clientUrl: "http://…@n1:8000" is given, allowed is a URL such as http://host:port',
    ],
    [
      { members: [{ ...WRITTEN_CONFIGURATION.members[0], clientUrl: "http://u:p@n1:99999" }] },
      'Cannot use members[0].clientUrl: "http://…@n1:99999" is given, allowed is a URL such as http://host:port',
    ],
    [{ peerWritesMax: 0 }, "allowed is a whole number from 1 to 1000000"],
    [{ rowPagesMax: 1_001 }, "allowed is a whole number from 1 to 1000"],
    [{ requestBytesMax: 68_157_439 }, "allowed is a whole number from 68157440 to 68719476736"],
    [{ stageQueueMax: -1 }, "allowed is a whole number from 0 to 1000000"],
    [{ writeBufferObjects: -1 }, "allowed is a whole number from 0 to 1000000"],
    [{ writeBufferFlushMs: 0 }, "allowed is a whole number from 1 to 60000"],
    [{ durableGatherMs: 1_001 }, "allowed is a whole number from 0 to 1000"],
    [{ rowCacheBytes: -1 }, "allowed is a whole number from 0 to 4294967296"],
    [{ rowCacheBytes: 4_294_967_297 }, "allowed is a whole number from 0 to 4294967296"],
    [{ sync: "yes" }, "allowed is true or false"],
    [{ partitions: 1 }, "allowed is a whole number from 2 to 65536"],
    [{ sink: true }, 'Cannot use the field "sink"'],
    [{ gossipMs: 0, routes: { n7: "127.0.0.1:1" } }, '"n7" is no member'],
    [{ routes: { n2: 5 } }, "Cannot use routes.n2"],
  ])("refuses %j", (change, message) => {
    const configuration = { ...WRITTEN_CONFIGURATION, ...change };
    expect(() => parseConfiguration(configuration)).toThrow(ConfigurationError);
    expect(() => parseConfiguration(configuration)).toThrow(message);
  });

  test("takes a cache of rows from none to 4 GiB, 16 MiB where nothing is said", () => {
    const bytesOf = (change: object) =>
      parseConfiguration({ ...WRITTEN_CONFIGURATION, ...change }).rowCacheBytes;
    expect(bytesOf({})).toBe(16_777_216);
    for (const rowCacheBytes of [0, 4_294_967_296]) {
      expect(bytesOf({ rowCacheBytes })).toBe(rowCacheBytes);
    }
  });

  test("takes where clients reach a node, where it is told", () => {
    const [first, second] = WRITTEN_CONFIGURATION.members;
    const members = [{ ...first, clientUrl: "https://n1.shop/store/" }, second];
    expect(parseConfiguration({ ...WRITTEN_CONFIGURATION, members }).members).toEqual([
      { ...first, clientUrl: "https://n1.shop/store" },
      second,
    ]);
  });

  test("takes a threshold for clocks that can be cut, the paper's where none is given", () => {
    const cut = { ...WRITTEN_CONFIGURATION, versioning: "merged", truncate: "exceeds" };
    expect(parseConfiguration(cut)).toMatchObject({ truncate: "exceeds", clockEntriesMax: 10 });
    expect(parseConfiguration(WRITTEN_CONFIGURATION).truncate).toBe("off");
  });

  test("refuses a member with a field that it does not know, which may be one misspelt", () => {
    const members = [{ id: "n1", address: "127.0.0.1:9", datacentre: "east" }];
    expect(() => parseConfiguration({ ...WRITTEN_CONFIGURATION, members })).toThrow(
      'Cannot use members[0]: it has a field "datacentre"',
    );
  });

  test.each([[null], [[]], ["text"], [7]])("refuses %j, which is no object", (json) => {
    expect(() => parseConfiguration(json)).toThrow("it is not a JSON object");
  });
});

describe("checkedRoutes()", () => {
  test("gives the table back", () => {
    const { members } = parseConfiguration(WRITTEN_CONFIGURATION);
    expect(checkedRoutes("routes", { n2: "127.0.0.1:9" }, members)).toEqual({ n2: "127.0.0.1:9" });
  });

  test("keeps the route of a node whose name every object inherits", () => {
    const routes = JSON.parse('{ "__proto__": "127.0.0.1:9" }');
    expect(Object.entries(checkedRoutes("routes", routes, undefined))).toEqual([
      ["__proto__", "127.0.0.1:9"],
    ]);
  });
});
