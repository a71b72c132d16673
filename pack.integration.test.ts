/** What `npm pack` makes must install in an empty folder and be importable there, types included. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringside-pack-"));
  await execa("npm", ["pack", "--silent", "--pack-destination", folder]);
  const tarball = (await readdir(folder)).find((file) => file.endsWith(".tgz"));
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "user", private: true, type: "module" }),
  );
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${tarball}`];
  await execa("npm", install, { cwd: folder });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("npm pack: client library and harness import from the installed tarball", async () => {
  await writeFile(
    join(folder, "use.mjs"),
    `import { RingsideClient } from "ringside";
     import { analyze } from "ringside/harness";
     console.log(typeof RingsideClient, typeof analyze);`,
  );
  const { stdout } = await execa(process.execPath, ["use.mjs"], { cwd: folder });
  expect(stdout).toBe("function function");
});

test("npm pack: the declarations type-check for a user", async () => {
  await writeFile(
    join(folder, "use.ts"),
    `import { RingsideClient } from "ringside";
     import type { Store } from "ringside";
     export function open(client: RingsideClient): Store { return client; }`,
  );
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext"];
  await execa(join(import.meta.dirname, "node_modules/.bin/tsc"), [...flags, "use.ts"], {
    cwd: folder,
  });
});

test("npm pack: a node starts from the installed tarball and says what is missing", async () => {
  const main = join(folder, "node_modules/ringside/dist/src/main.js");
  const result = await execa(process.execPath, [main], { reject: false });
  expect(result.exitCode).toBe(64);
  expect(result.stderr).toContain("--config FILE is missing");
});
