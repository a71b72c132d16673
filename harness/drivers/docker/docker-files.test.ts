/** What stands twice, in files that people start by hand and in code, must be the same. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { HTTP_PORT } from "./compose-file.ts";

const PROJECT = join(import.meta.dirname, "..", "..", "..");

function textOf(...path: readonly string[]): Promise<string> {
  return readFile(join(PROJECT, ...path), "utf8");
}

test("the image stands on exactly the Node that package.json pins", async () => {
  const { devDependencies } = JSON.parse(await textOf("package.json"));
  expect(await textOf("docker", "Dockerfile")).toContain(
    `ARG BASE_IMAGE=node:${devDependencies.node}-bookworm-slim\n`,
  );
});

test("compose starts the same Toxiproxy by hand as the driver does", async () => {
  const { services } = parse(await textOf("docker", "compose.yaml"));
  const [, image] =
    /-(ghcr\.io\/shopify\/toxiproxy:2\.12\.0)\}$/.exec(services.toxiproxy.image) ?? [];
  expect(await textOf("harness", "drivers", "docker", "images.ts")).toContain(`"${image}"`);
});

test("the image's health check asks the port at which the driver's nodes listen", async () => {
  expect(await textOf("docker", "Dockerfile")).toContain(`http://127.0.0.1:${HTTP_PORT}"]`);
});

test("a build by hand gets the parts that the driver's build gets", async () => {
  const context = await textOf("harness", "drivers", "docker", "build-context.ts");
  const [, list = ""] = /const PARTS = \[([^\]]+)\]/.exec(context) ?? [];
  const parts = [...list.matchAll(/"([^"]+)"/g)].map(([, part = ""]) => part);
  const ignored = (await textOf(".dockerignore")).split("\n");
  const allowed = ignored.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(parts.filter((part) => !part.startsWith("docker/")).toSorted()).toEqual(
    allowed.toSorted(),
  );
});
