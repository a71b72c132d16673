import { createServer } from "node:net";
import { execa } from "execa";
import { expect, test } from "vitest";
import { firstLine } from "./first-line.ts";
import { mainPath } from "./spawn.ts";

const PATIENCE_MS = 20_000;

function run(...flags: readonly string[]) {
  return execa(process.execPath, [mainPath, ...flags], {
    reject: false,
    timeout: PATIENCE_MS,
    stdin: "pipe",
  });
}

test("--help explains every flag and exits with 0", async () => {
  const { exitCode, stdout } = await run("--help");
  expect(exitCode).toBe(0);
  for (const flag of ["--host", "--port", "--no-metrics", "--exit-with-stdin"]) {
    expect(stdout).toContain(flag);
  }
});

test.each([
  ["an unknown flag", ["--nonsense"]],
  ["a port that is no number", ["--port", "x"]],
  ["a port over 65535", ["--port", "65536"]],
  ["an empty host", ["--host", ""]],
  ["a word too many", ["word"]],
])("%s is a one-line error with exit status 64", async (_, flags) => {
  const { exitCode, stderr, stdout } = await run(...flags);
  expect(exitCode).toBe(64);
  expect(stderr.split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/^Cannot /);
  expect(stdout).toBe("");
});

test("a port in use is a one-line error with exit status 70", async () => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    holder.listen(0, "127.0.0.1", () => {
      const address = holder.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const { exitCode, stderr } = await run("--port", String(port));
  holder.close();
  expect(exitCode).toBe(70);
  expect(stderr).toBe("Cannot start Toxiproxy: the port is in use (try another --port or --host)");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "prints ready and its address, and exits with 0 on %s",
  async (signal) => {
    const child = run("--port", "0");
    const line = (await firstLine(child.stdout)) ?? "";
    expect(line).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${line.slice("ready ".length)}/version`)).status).toBe(200);
    child.kill(signal);
    expect((await child).exitCode).toBe(0);
  },
);

test("--exit-with-stdin stops when standard input closes", async () => {
  const child = run("--port", "0", "--exit-with-stdin");
  await firstLine(child.stdout);
  child.stdin?.end();
  expect((await child).exitCode).toBe(0);
});
