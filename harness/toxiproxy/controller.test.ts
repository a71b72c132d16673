import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openToxiproxy } from "./controller.ts";
import { ToxiproxyRequestError, ToxiproxyUnreachableError } from "./controller-errors.ts";
import { startToxiproxyServer } from "./server.ts";
import { dial, isListening, Upstream } from "./testing/peer.ts";
import { startWorld } from "./testing/world.ts";

const prefix = "ringside-test-";

/**
 * A server that gives one answer to everything, in place of some other program or another release.
 */
async function impostor(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("openToxiproxy() says what it found: the embedded server", async () => {
  const { url } = await startWorld();
  const controller = await openToxiproxy({ url: `${url}/`, prefix });
  expect(controller.kind).toBe("embedded");
  expect(await controller.version()).toBe("2.12.0-ringside");
});

test.each(["git", "2.12.0"])(
  "openToxiproxy() takes version %s for a real server",
  async (version) => {
    const url = await impostor(200, `{"version": "${version}"}\n`);
    expect((await openToxiproxy({ url, prefix })).kind).toBe("real");
  },
);

test("an unreachable URL is a typed error of one line that names it", async () => {
  const gone = await Upstream.start();
  await gone.stop();
  const url = `http://${gone.address}`;
  const error = await openToxiproxy({ url, prefix }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ToxiproxyUnreachableError);
  expect(String(error)).toContain(url);
  expect(String(error)).not.toContain("\n");
});

test.each([
  ["no URL at all", "nonsense"],
  ["another scheme", "tcp://127.0.0.1:1"],
])("%s is a typed error", async (_, url) => {
  await expect(openToxiproxy({ url, prefix })).rejects.toThrow(ToxiproxyUnreachableError);
});

test("another program at the URL is a typed error", async () => {
  const url = await impostor(200, "<html>");
  await expect(openToxiproxy({ url, prefix })).rejects.toThrow(ToxiproxyUnreachableError);
});

test("createProxies() makes proxies under the prefix and answers where they listen", async () => {
  const { url, client, upstream } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  const names = ["a-b", "b-a"];
  const proxies = await controller.createProxies(
    names.map((name) => ({ name, listen: "127.0.0.1:0", upstream: upstream.address })),
  );
  expect(proxies.map(({ name }) => name)).toEqual(names);
  for (const { listen } of proxies) expect(await isListening(listen)).toBe(true);
  expect(Object.keys(await client.getAll())).toEqual([`${prefix}a-b`, `${prefix}b-a`, "test"]);
  expect(await controller.createProxies([])).toEqual([]);
});

test("removeAll() removes what has the prefix and nothing else", async () => {
  const { url, client, upstream } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  const [proxy] = await controller.createProxies([
    { name: "x", listen: "127.0.0.1:0", upstream: upstream.address },
  ]);
  // A controller that knows nothing of these proxies, as after a crash of the one that made them.
  await (await openToxiproxy({ url, prefix })).removeAll();
  expect(Object.keys(await client.getAll())).toEqual(["test"]);
  expect(await isListening(proxy?.listen ?? "")).toBe(false);
  await controller.removeAll();
});

test("toxics and enabling are controlled by the proxy's short name", async () => {
  const { url, upstream } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  const [proxy] = await controller.createProxies([
    { name: "x", listen: "127.0.0.1:0", upstream: upstream.address },
  ]);
  const listen = proxy?.listen ?? "";
  const near = await dial(listen);
  const far = await upstream.accept();
  const hole = {
    name: "hole",
    type: "timeout",
    stream: "upstream",
    attributes: { timeout: 0 },
  } as const;
  await controller.addToxic("x", hole);
  near.write("lost");
  far.write("back");
  expect(await near.read(4)).toBe("back");
  // Another controller can remove what this one added.
  await (await openToxiproxy({ url, prefix })).removeToxic("x", "hole");
  expect((await far.readToEnd()).length).toBe(0);
  await controller.setEnabled("x", false);
  expect(await isListening(listen)).toBe(false);
  await controller.setEnabled("x", true);
  expect(await isListening(listen)).toBe(true);
});

test("receivedBytes() answers for every proxy, used or not", async () => {
  const { url, upstream } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  const spec = { listen: "127.0.0.1:0", upstream: upstream.address };
  const [used] = await controller.createProxies([
    { name: "used", ...spec },
    { name: "unused", ...spec },
  ]);
  const near = await dial(used?.listen ?? "");
  const far = await upstream.accept();
  near.write("12345");
  await far.read(5);
  far.write("123");
  await near.read(3);
  expect(await controller.receivedBytes()).toEqual(
    new Map([
      ["used", { upstream: 5, downstream: 3 }],
      ["unused", { upstream: 0, downstream: 0 }],
    ]),
  );
});

test("receivedBytes() is undefined where the server has no metrics", async () => {
  const server = await startToxiproxyServer({ host: "127.0.0.1", port: 0, metrics: false });
  onTestFinished(() => server.stop());
  const controller = await openToxiproxy({ url: server.url, prefix });
  expect(await controller.receivedBytes()).toBeUndefined();
});

test("a refusal is a typed error with the status and what was tried", async () => {
  const { url, proxy, upstream } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  const taken = { name: "x", listen: proxy.listen, upstream: upstream.address };
  await expect(controller.createProxies([taken])).rejects.toMatchObject({
    name: "ToxiproxyRequestError",
    status: 500,
    message: expect.stringContaining("Cannot create 1 proxies") as string,
  });
  await expect(controller.setEnabled("none", true)).rejects.toMatchObject({ status: 404 });
  await controller.createProxies([{ ...taken, listen: "127.0.0.1:0" }]);
  const toxic = { name: "t", type: "latency", stream: "upstream", attributes: {} } as const;
  await controller.addToxic("x", toxic);
  await expect(controller.addToxic("x", toxic)).rejects.toMatchObject({ status: 409 });
  await controller.removeToxic("x", "t");
  await expect(controller.removeToxic("x", "t")).rejects.toThrow(ToxiproxyRequestError);
});

test("a name that would break the path of a URL is refused before anything is sent", async () => {
  const { url, client } = await startWorld();
  const controller = await openToxiproxy({ url, prefix });
  await expect(
    controller.createProxies([{ name: "a/b", listen: "", upstream: "" }]),
  ).rejects.toThrow(TypeError);
  await expect(openToxiproxy({ url, prefix: "a b" })).rejects.toThrow(TypeError);
  expect(Object.keys(await client.getAll())).toEqual(["test"]);
});
