import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";

const PROGRAM = join(import.meta.dirname, "health-check.ts");

let server = createServer();
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves `/livez` with the status, or with silence; resolves to the URL. */
async function serve(status: number | undefined, body = ""): Promise<string> {
  server = createServer((request, response) => {
    if (status === undefined) return;
    response.writeHead(request.url === "/livez" ? status : 404).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function check(args: readonly string[], RINGSIDE_CONFIG = "") {
  return execa(process.execPath, [PROGRAM, ...args], { reject: false, env: { RINGSIDE_CONFIG } });
}

describe("health-check", () => {
  test("exits with 0 and says nothing where the node serves", async () => {
    const { exitCode, stderr } = await check([await serve(200)]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("asks the node that RINGSIDE_CONFIG configures where no URL is given", async () => {
    const { port } = new URL(await serve(200));
    const config = JSON.stringify({ httpAddress: `0.0.0.0:${port}` });
    expect(await check([], config)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await check([], config.replace("0.0.0.0", "127.0.0.1"))).toMatchObject({ exitCode: 0 });
  });

  test("exits with 1 and one line where the node is not ready", async () => {
    const url = await serve(503);
    expect(await check([url])).toMatchObject({
      exitCode: 1,
      stderr: `Not healthy: ${url} answered 503`,
    });
  });

  test("and says what the node says of itself", async () => {
    const url = await serve(503, "not alive: storage is dead: Cannot write\nmore");
    expect((await check([url])).stderr).toBe(
      `Not healthy: ${url} answered 503 (not alive: storage is dead: Cannot write)`,
    );
  });

  test("exits with 1 and one line where the node is silent for 2 s, or not there", async () => {
    const url = await serve(undefined);
    const silent = await check([url]);
    expect(silent).toMatchObject({ exitCode: 1 });
    expect(silent.stderr).toMatch(/^Not healthy: .*no response within 2000 ms$/);
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    const absent = await check([url]);
    expect(absent).toMatchObject({ exitCode: 1 });
    expect(absent.stderr).toMatch(/^Not healthy: .*ECONNREFUSED/);
  });

  test.each([
    [[], ""],
    [[], "{}"],
    [[], "null"],
    [["127.0.0.1:8000"], ""],
    [["http://a:1", "http://b:1"], ""],
    [["http://user:s3cret@127.0.0.1:1"], ""],
    [["http://s3cret@127.0.0.1:1"], ""],
    [[], '{"httpAddress":"user:s3cret@127.0.0.1:1"}'],
  ])("exits with 64 and one line for %j and RINGSIDE_CONFIG=%j", async (args, config) => {
    const { exitCode, stderr } = await check(args, config);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/^Cannot check: .*$/);
    expect(stderr).not.toContain("s3cret");
  });
});
