/*
 * Aim: the files in `docker/` that nobody runs every day say what Kubernetes understands, and fit each other and the code: names,
 * ports, paths, flags. Method: Kubernetes' own schemas, offline; the node's parser over the configurations, for every
 * node; the harness's parser over its jobs' flags. Each check also meets a planted mistake.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { NodeConfiguration } from "../src/node/configuration.ts";
import { parseConfiguration } from "../src/node/parse-configuration.ts";
import { parsePlan } from "./cli/parse-plan.ts";
import { NODE_FLAGS } from "./drivers/node-flags.ts";
import { complaintsAbout } from "./testing/kubernetes-schemas.ts";

const ROOT = resolve(import.meta.dirname, "..");
const DOCKER = join(ROOT, "docker");
const KUBERNETES = join(DOCKER, "kubernetes");

const manifests = readdirSync(KUBERNETES, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) => documentsOf(join(KUBERNETES, file)).map((manifest) => ({ file, manifest })));

describe("docker/kubernetes", () => {
  test("every kind of manifest is there", () => {
    const kinds = manifests.map(({ manifest }) => at(manifest, "kind"));
    expect(kinds.toSorted()).toEqual([
      "ConfigMap",
      "Deployment",
      "Job",
      "Job",
      "PodDisruptionBudget",
      "Secret",
      "Service",
      "Service",
      "Service",
      "StatefulSet",
    ]);
  });

  test.each(manifests)("$file $manifest.kind is what Kubernetes understands", ({ manifest }) => {
    expect(complaintsAbout(manifest)).toEqual([]);
  });

  test("what Kubernetes does not understand is found", () => {
    const budget = found("PodDisruptionBudget");
    const spec = at(budget, "spec") as object;
    const changed = (change: object) =>
      complaintsAbout({ ...budget, spec: { ...spec, ...change } });
    expect(changed({ maxUnavailible: 1 })).toEqual(["/spec/maxUnavailible is no field"]);
    expect(changed({ selector: { matchLabel: {} } })).toEqual([
      "/spec/selector/matchLabel is no field",
    ]);
    expect(changed({ maxUnavailable: true })).not.toEqual([]);
    expect(complaintsAbout({ ...budget, apiVersion: "policy/v9" })).toEqual([
      "no schema for policy/v9/PodDisruptionBudget",
    ]);
  });

  test("the nodes' configuration is good for every pod, and names them all", () => {
    const set = found("StatefulSet");
    const text = at(found("ConfigMap"), "data/node.json") as string;
    const pods = Array.from(
      { length: at(set, "spec/replicas") as number },
      (_, ordinal) => `${at(set, "metadata/name")}-${ordinal}`,
    );
    const container = "spec/template/spec/containers/0";
    const folder = at(set, `${container}/volumeMounts/1/mountPath`);
    const key = Object.keys(at(found("Secret"), "stringData") as object).join();
    for (const pod of pods) {
      const { members, dataFolder, httpAddress, rpcAddress } = configurationOf(
        { ...JSON.parse(text), nodeId: pod },
        `${folder}/${key}`,
      );
      const rpcPort = portOf(rpcAddress);
      expect(members).toEqual(
        pods.map((id) => ({ id, address: `${id}.${at(set, "spec/serviceName")}:${rpcPort}` })),
      );
      expect(dataFolder).toBe(at(set, `${container}/volumeMounts/0/mountPath`));
      expect(at(set, `${container}/ports`)).toEqual([
        { name: "http", containerPort: portOf(httpAddress) },
        { name: "rpc", containerPort: rpcPort },
      ]);
    }
    expect(() => configurationOf({ ...JSON.parse(text), nodeId: "ringside-0" }, "/else")).toThrow(
      "Cannot use clusterSecretFile",
    );
  });

  test("the template's secret is refused until somebody fills it in", () => {
    const secret = at(found("Secret"), "stringData/cluster-secret") as string;
    const text = at(found("ConfigMap"), "data/node.json") as string;
    const json = { ...JSON.parse(text), nodeId: "ringside-0" };
    expect(() => parseConfiguration(json, () => secret)).toThrow("holds 0 characters");
    expect(at(found("StatefulSet"), "spec/template/spec/volumes/0/secret/secretName")).toBe(
      at(found("Secret"), "metadata/name"),
    );
  });

  test("selectors find the pods that they are for", () => {
    const nodes = at(found("StatefulSet"), "spec/template/metadata/labels");
    expect(at(found("StatefulSet"), "spec/selector/matchLabels")).toEqual(nodes);
    expect(at(found("PodDisruptionBudget"), "spec/selector/matchLabels")).toEqual(nodes);
    expect(at(found("Service", "ringside-nodes"), "spec/selector")).toEqual(nodes);
    expect(at(found("Service", "ringside"), "spec/selector")).toEqual(nodes);
    const toxiproxy = at(found("Deployment"), "spec/template/metadata/labels");
    expect(at(found("Deployment"), "spec/selector/matchLabels")).toEqual(toxiproxy);
    expect(at(found("Service", "ringside-toxiproxy"), "spec/selector")).toEqual(toxiproxy);
  });

  test.each([
    ["ringside-harness", { nemesis: ["none"], toxiproxyUrl: undefined }],
    ["ringside-harness-faults", { toxiproxyUrl: "http://ringside-toxiproxy:8474" }],
  ])("%s has flags that the harness takes, and every node as a target", (name, expected) => {
    const [program, command, ...flags] = argumentsOf(found("Job", name));
    expect([program, command]).toEqual(["harness/cli.ts", "bench"]);
    const plan = parsePlan(
      flags.filter((flag) => !flag.startsWith("--out=")),
      1,
    );
    const { members } = JSON.parse(at(found("ConfigMap"), "data/node.json") as string);
    expect(plan).toMatchObject({ cluster: "external", nodes: 5, ...expected });
    expect(plan.external?.targets).toEqual(
      members.map(
        ({ address }: { address: string }) => `http://${address.replace(":7000", ":8080")}`,
      ),
    );
  });

  test("what containers run is there", () => {
    const programs = ["StatefulSet", "Deployment", "Job"].map((kind) =>
      argumentsOf(found(kind)).find(isNoFlag),
    );
    for (const program of programs)
      expect(existsSync(join(ROOT, program ?? "")), program).toBe(true);
  });
});

describe("docker/stack.yaml", () => {
  const [stack = {}] = documentsOf(join(DOCKER, "stack.yaml"));
  const text = readFileSync(join(DOCKER, "stack-node.json"), "utf8");
  const names = ["n1", "n2", "n3", "n4", "n5"];

  test("holds a service for each member, and a Toxiproxy", () => {
    expect(Object.keys(at(stack, "services") as object)).toEqual([...names, "toxiproxy"]);
    const { members } = JSON.parse(text) as {
      readonly members: readonly { readonly id: string }[];
    };
    expect(members.map(({ id }) => id)).toEqual(names);
  });

  test.each(names)("%s has a configuration, a host, a volume and ports of its own", (name) => {
    const service = `services/${name}`;
    const secret = at(stack, `${service}/secrets/0/target`);
    const { members, nodeId, httpAddress, rpcAddress, dataFolder } = configurationOf(
      { ...JSON.parse(text), nodeId: at(stack, `${service}/environment/RINGSIDE_NODE_ID`) },
      `/run/secrets/${secret}`,
    );
    expect(nodeId).toBe(name);
    expect(members.find(({ id }) => id === name)?.address).toBe(`${name}:${portOf(rpcAddress)}`);
    expect(at(stack, `${service}/deploy/placement/constraints`)).toEqual([
      `node.labels.ringside-${name} == true`,
    ]);
    expect(at(stack, `${service}/volumes`)).toEqual([`${name}-data:${dataFolder}`]);
    expect(Object.keys(at(stack, "volumes") as object)).toContain(`${name}-data`);
    expect(at(stack, `${service}/ports/0/target`)).toBe(portOf(httpAddress));
    expect(at(stack, `${service}/healthcheck/test`)).toContain(
      `http://127.0.0.1:${portOf(httpAddress)}`,
    );
    const command = at(stack, `${service}/command`) as string[];
    expect(command.slice(0, NODE_FLAGS.length)).toEqual(NODE_FLAGS);
    const [program, ...flags] = command.slice(NODE_FLAGS.length);
    expect(existsSync(join(ROOT, program ?? ""))).toBe(true);
    expect(flags).toEqual(["--config", at(stack, `${service}/configs/0/target`)]);
  });

  test("updates never run two processes on one volume", () => {
    for (const name of names) {
      expect(at(stack, `services/${name}/deploy/update_config/order`)).toBe("stop-first");
      expect(at(stack, `services/${name}/deploy/replicas`)).toBe(1);
    }
  });
});

/** YAML 1.1, as both tools read it: file modes are octal there. */
function documentsOf(path: string): readonly object[] {
  const documents = parseAllDocuments(readFileSync(path, "utf8"), { version: "1.1", merge: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as object;
  });
}

function found(kind: string, name?: string): object {
  const match = manifests.find(
    ({ manifest }) =>
      at(manifest, "kind") === kind &&
      (name === undefined || at(manifest, "metadata/name") === name),
  );
  if (match === undefined) throw new Error(`There is no ${kind} ${name ?? ""}`);
  return match.manifest;
}

/** The value at a path of field names; undefined where there is none. */
function at(value: unknown, path: string): unknown {
  return path
    .split("/")
    .reduce<unknown>(
      (each, name) => (each as Readonly<Record<string, unknown>> | undefined)?.[name],
      value,
    );
}

function argumentsOf(workload: object): readonly string[] {
  return at(workload, "spec/template/spec/containers/0/args") as readonly string[];
}

/** Parsed by a node that finds its secret at `secretPath` and nowhere else. */
function configurationOf(json: object, secretPath: string): NodeConfiguration {
  return parseConfiguration(json, (path) => {
    if (path !== secretPath) throw new Error(`no file ${path}`);
    return "a secret";
  });
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Node's own come before the program. */
function isNoFlag(argument: string): boolean {
  return !argument.startsWith("--");
}
