import { describe, expect, test } from "vitest";
import type { Connection, ConnectionHandlers } from "../env/transport.ts";
import { createTcpTransport } from "./tcp-transport.ts";

/** Handlers whose end can be awaited. */
function watched(overrides: Partial<ConnectionHandlers> = {}) {
  const events: string[] = [];
  let ended: (reason: Error | undefined) => void = () => {};
  const end = new Promise<Error | undefined>((resolve) => {
    ended = resolve;
  });
  const handlers: ConnectionHandlers = {
    onOpen: () => {
      events.push("open");
      overrides.onOpen?.();
    },
    onData: (bytes) => overrides.onData?.(bytes),
    onClose: (reason) => {
      events.push("close");
      ended(reason);
    },
  };
  return { handlers, end, events };
}

describe("createTcpTransport()", () => {
  test("carries bytes both ways, and close() sends what is queued", async () => {
    const transport = createTcpTransport();
    const server = watched();
    const sizeBytes = 3_000_000;
    const listener = await transport.listen("127.0.0.1:0", (connection) => ({
      ...server.handlers,
      onOpen: () => {
        connection.send(Buffer.alloc(sizeBytes));
        connection.close();
        connection.send(Buffer.alloc(1));
      },
    }));
    let receivedBytes = 0;
    const client = watched({ onData: (bytes) => (receivedBytes += bytes.length) });
    transport.connect(listener.address, client.handlers);
    expect(await client.end).toBeUndefined();
    expect(receivedBytes).toBe(sizeBytes);
    expect(client.events).toEqual(["open", "close"]);
    await listener.close();
  });

  test.each([
    ["nobody listens", "127.0.0.1:1", /ECONNREFUSED/],
    ["the address is none", "nowhere", /Cannot use "nowhere" as an address/],
  ])("a dial fails by onClose, later, where %s", async (_why, address, reason) => {
    const { handlers, end, events } = watched();
    createTcpTransport().connect(address, handlers);
    expect(events).toEqual([]);
    expect((await end)?.message).toMatch(reason);
    expect(events).toEqual(["close"]);
  });

  test("listen() rejects where the port is in use or the address is none", async () => {
    const transport = createTcpTransport();
    const accept = () => watched().handlers;
    const listener = await transport.listen("127.0.0.1:0", accept);
    await expect(transport.listen(listener.address, accept)).rejects.toThrow(
      /^Cannot listen on .*EADDRINUSE/,
    );
    await expect(transport.listen("x", accept)).rejects.toThrow(/as an address/);
    await listener.close();
  });

  test("closing the listener closes what it accepted", async () => {
    const transport = createTcpTransport();
    const server = watched();
    let accepted = (): void => {};
    const acceptance = new Promise<void>((resolve) => {
      accepted = resolve;
    });
    const listener = await transport.listen("127.0.0.1:0", () => {
      accepted();
      return server.handlers;
    });
    const client = watched();
    transport.connect(listener.address, client.handlers);
    await acceptance;
    await listener.close();
    await Promise.all([server.end, client.end]);
  });

  test("a connection whose other end reads nothing is closed at the bound", async () => {
    const transport = createTcpTransport({ bufferedBytesMax: 1_000_000 });
    const stuck = watched();
    let own: Connection | undefined;
    const listener = await transport.listen("127.0.0.1:0", (connection) => {
      own = connection;
      return {
        ...stuck.handlers,
        onOpen: () => {
          // Written in one turn, so that nothing of it can leave in between.
          for (let count = 0; count < 100; count++) connection.send(Buffer.alloc(100_000));
        },
      };
    });
    const client = watched();
    transport.connect(listener.address, client.handlers);
    expect((await stuck.end)?.message).toMatch(
      /^Cannot send 100000 bytes: .* the limit is 1000000$/,
    );
    expect(own?.bufferedBytes()).toBeLessThanOrEqual(1_000_000);
    await listener.close();
  });
});
