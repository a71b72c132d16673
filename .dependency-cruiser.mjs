/**
 * The layers of docs/architecture.md as rules over resolved imports, type imports included. Each list goes from
 * the bottom up: a file imports from its own row and from those above it in the list, never from those below.
 * TypeScript 7 has no parser that this tool could use, so it reads with swc; without it, it would look at no file at
 * all and be content. harness/tidy.test.ts therefore counts the modules, and plants a violation of each rule.
 */

const SRC_LAYERS = [
  ["src/base/"],
  ["src/env/", "src/causality/", "src/ring/", "src/merkle/"],
  ["src/protocol/"],
  ["src/quorum/"],
  ["src/rpc/", "src/storage/"],
  ["src/replica/", "src/membership/"],
  ["src/coordinator/", "src/handoff/", "src/anti-entropy/", "src/tombstones/"],
  ["src/node/"],
  ["src/http/", "src/snapshot/"],
  ["src/[^/]+\\.ts$"],
];

// Shapes of the files a run leaves: everybody reads them, so they lie below every layer.
const RESULT_SHAPES = "^harness/(history/operation|nemesis/fault|run/plan|run/summary)\\.ts$";

const HARNESS_LAYERS = [
  ["harness/history/"],
  ["harness/generator/", "harness/client/", "harness/checker/"],
  ["harness/cluster/"],
  ["harness/nemesis/"],
  ["harness/report/"],
  ["harness/run/"],
  ["workloads/"],
  ["harness/drivers/", "harness/toxiproxy/"],
  ["harness/bench/", "harness/swarm/"],
  ["harness/cli/"],
  ["harness/[^/]+\\.ts$"],
];

// Tests and their helpers stand beside the code and may reach for whatever shows that it works.
const TESTS = "(\\.test\\.ts$|/testing/)";
const EDGES = "^(src/platform/|src/[^/]+\\.ts$)";

const anyOf = (paths) => `^(${paths.join("|")})`;

/** One rule a row: nothing in it imports from a row above it. */
function downwards(layers, name) {
  return layers.slice(0, -1).map((layer, at) => ({
    name: `${name}-${at + 1}-${layer.map((path) => path.split("/").at(-2)).join("-")}`,
    comment: "An import goes down the layers of docs/architecture.md, never up.",
    severity: "error",
    from: { path: anyOf(layer), pathNot: [TESTS, RESULT_SHAPES] },
    to: { path: anyOf(layers.slice(at + 1).flat()), pathNot: [RESULT_SHAPES] },
  }));
}

export default {
  forbidden: [
    ...downwards(SRC_LAYERS, "src"),
    ...downwards(HARNESS_LAYERS, "harness"),
    {
      name: "src-without-harness",
      comment: "The store knows nothing of who tests it.",
      severity: "error",
      from: { path: "^src/", pathNot: [TESTS] },
      to: { path: "^(harness|workloads)/" },
    },
    {
      name: "client-below-node",
      comment: "The client library goes to other people: it imports up to quorum and rpc only.",
      severity: "error",
      from: { path: "^src/client/", pathNot: [TESTS] },
      to: {
        path: "^src/",
        pathNot: ["^src/(client|base|env|causality|ring|merkle|protocol|quorum|rpc)/"],
      },
    },
    {
      name: "library-beside-node",
      comment:
        "Nothing in the node needs the client library; snapshots are taken over its connections, which platform implements.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(client|platform|snapshot)/", EDGES, TESTS] },
      to: { path: "^src/client/" },
    },
    {
      name: "snapshots-from-outside",
      comment: "Who takes or restores a snapshot knows a node by its HTTP API alone.",
      severity: "error",
      from: { path: "^src/snapshot/", pathNot: [TESTS] },
      to: {
        path: "^src/",
        pathNot: ["^src/(snapshot|client|base|env|causality|ring|protocol)/"],
      },
    },
    {
      name: "platform-at-the-edges",
      comment: "Only entry points and drivers pick the real clock, network and disk.",
      severity: "error",
      from: {
        path: "^(src|harness|workloads)/",
        pathNot: [
          EDGES,
          TESTS,
          "^harness/(drivers|toxiproxy|bench|swarm|cli)/",
          "^harness/[^/]+\\.ts$",
        ],
      },
      to: { path: "^src/platform/" },
    },
    {
      name: "platform-implements-ports",
      comment: "Platform implements env, the engines and the HTTP server; it decides nothing.",
      severity: "error",
      from: { path: "^src/platform/", pathNot: [TESTS] },
      to: {
        path: "^src/",
        pathNot: [
          "^src/(platform|base|env|protocol|storage)/",
          "^src/http/exchange\\.ts$",
          "^src/client/http-caller\\.ts$",
        ],
      },
    },
    {
      name: "node-modules-of-the-runtime-at-the-edges",
      comment:
        "Sockets, files, processes and timers come in as ports, so that a seed can replay a run.",
      severity: "error",
      from: {
        path: "^(src|workloads|harness/(history|generator|client|checker|cluster|nemesis|report))/",
        pathNot: [EDGES, TESTS],
      },
      to: { dependencyTypes: ["core"], pathNot: ["^(node:)?(crypto|buffer)$"] },
    },
    {
      name: "checkers-see-histories",
      comment:
        "A checker judges what is recorded and nothing else, so a stored run can be judged again.",
      severity: "error",
      from: { path: "^harness/checker/", pathNot: [TESTS] },
      to: {
        path: "^(src|harness|workloads)/",
        pathNot: ["^harness/(checker|history)/", "^src/base/", RESULT_SHAPES],
      },
    },
    {
      name: "nemesis-through-the-contract",
      comment: "Faults act through the powers of the cluster contract.",
      severity: "error",
      from: { path: "^harness/nemesis/", pathNot: [TESTS] },
      to: { path: "^(harness/(drivers|toxiproxy)|src/(platform|node|rpc|http))/" },
    },
    {
      name: "harness-outside-the-node",
      comment:
        "A black-box test has no hand inside the box; the simulator and the microbenchmarks do.",
      severity: "error",
      from: {
        path: "^(harness|workloads)/",
        pathNot: ["^harness/(drivers/sim|swarm|bench)/", TESTS],
      },
      to: {
        path: "^src/(ring|merkle|quorum|rpc|storage|replica|membership|coordinator|handoff|anti-entropy|tombstones|node|http)/",
        pathNot: ["^src/node/configuration\\.ts$"],
      },
    },
    {
      name: "no-test-in-the-product",
      comment: "What runs does not import what tests it.",
      severity: "error",
      from: { path: "^(src|harness|workloads)/", pathNot: [TESTS] },
      to: { path: TESTS },
    },
    {
      name: "no-cycle",
      comment: "Two files that need each other are one idea, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphan",
      comment: "A file that nothing imports and that imports nothing is left over.",
      severity: "error",
      from: { orphan: true, path: "^(src|harness|workloads)/", pathNot: [TESTS] },
      to: {},
    },
    {
      name: "no-unresolved",
      comment: "The import names no file.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "every-folder-has-a-layer",
      comment: "Give the new folder its place in the lists at the top of this file.",
      severity: "error",
      from: {
        path: "^(src|harness)/[^/]+/",
        pathNot: [
          anyOf([...SRC_LAYERS, ...HARNESS_LAYERS].flat()),
          "^src/(client|platform)/",
          // Helps the tests of the project's own files, which belong to no layer.
          "^harness/testing/",
        ],
      },
      to: {},
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".json"],
      conditionNames: ["import", "types", "node"],
    },
  },
};
