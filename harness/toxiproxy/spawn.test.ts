import { connect } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { firstLine } from "./first-line.ts";
import { startEmbeddedToxiproxy, ToxiproxyStartError } from "./spawn.ts";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("startEmbeddedToxiproxy() answers a URL that works until stop()", async () => {
  const toxiproxy = await startEmbeddedToxiproxy();
  expect(await (await fetch(`${toxiproxy.url}/proxies`)).json()).toEqual({});
  expect(isAlive(toxiproxy.pid)).toBe(true);
  await toxiproxy.stop();
  await toxiproxy.stop();
  expect(isAlive(toxiproxy.pid)).toBe(false);
  await expect(fetch(`${toxiproxy.url}/proxies`)).rejects.toThrow("fetch failed");
});

test("startEmbeddedToxiproxy() fails with what the child said", async () => {
  const first = await startEmbeddedToxiproxy();
  const port = Number(new URL(first.url).port);
  const failure = await startEmbeddedToxiproxy({ port }).catch((error: unknown) => error);
  await first.stop();
  expect(failure).toBeInstanceOf(ToxiproxyStartError);
  expect(String(failure)).toContain("the port is in use");
});

test("the child dies with its parent, even when the parent is killed", async () => {
  const program = `
    import { startEmbeddedToxiproxy } from ${JSON.stringify(join(import.meta.dirname, "spawn.ts"))};
    console.log((await startEmbeddedToxiproxy()).url);
  `;
  const parent = execa(process.execPath, ["--input-type=module", "--eval", program], {
    reject: false,
  });
  const url = (await firstLine(parent.stdout)) ?? "";
  expect((await fetch(`${url}/version`)).status).toBe(200);
  const gone = connectionClosed(url);
  parent.kill("SIGKILL");
  await gone;
  await expect(fetch(`${url}/version`)).rejects.toThrow("fetch failed");
});

/** Resolves when an open connection to the API ends, which it does with the process behind it. */
async function connectionClosed(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.on("close", () => resolve());
  return promise;
}
