import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { LOOPBACK, leasePorts } from "./free-ports.ts";

describe("leasePorts()", () => {
  it("gives different ports that can be listened on, outside the ephemeral range, and none twice", async () => {
    const [first, second] = await Promise.all([leasePorts(40), leasePorts(40)]);
    const ports = [...first.ports, ...second.ports];
    expect(new Set(ports).size).toBe(80);
    const [port] = ports;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, LOOPBACK, () => resolve()));
    await new Promise((resolve) => server.close(resolve));

    const text = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "");
    const [low = 0, high = 0] = text.trim().split(/\s+/).map(Number);
    expect(ports.filter((each) => each >= low && each <= high)).toEqual([]);
    first.release();
    second.release();
  });

  it("says how many there are where it cannot give as many", async () => {
    await expect(leasePorts(100_000)).rejects.toThrow(/^Cannot find 100000 free ports on 127/);
  });
});
