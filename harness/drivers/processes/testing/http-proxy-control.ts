import { boundedRequest } from "../bounded-request.ts";
import type { ProxyControl } from "../proxy-control.ts";

/** A plain control over Toxiproxy's HTTP API, for tests of the driver alone. */
export function httpProxyControl(url: string): ProxyControl {
  const call = async (path: string, method: "GET" | "POST", body?: object) => {
    const answer = await boundedRequest({
      method,
      url: `${url}${path}`,
      timeoutMs: 5_000,
      ...(body === undefined ? undefined : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 300)
      throw new Error(`Cannot call ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  };
  return {
    kind: "embedded",
    version: "test",
    async createProxies(proxies) {
      await call(
        "/populate",
        "POST",
        proxies.map((proxy) => ({ ...proxy, enabled: true })),
      );
    },
    async addToxic(proxy, toxic) {
      await call(`/proxies/${proxy}/toxics`, "POST", { ...toxic, toxicity: 1 });
    },
    async removeToxic(proxy, toxic) {
      const answer = await fetch(`${url}/proxies/${proxy}/toxics/${toxic}`, { method: "DELETE" });
      if (!answer.ok) throw new Error(`Cannot remove ${proxy}/${toxic}: ${answer.status}`);
    },
    async setEnabled(proxy, enabled) {
      await call(`/proxies/${proxy}`, "POST", { enabled });
    },
    async receivedBytes() {
      const text = await call("/metrics", "GET");
      const counts = new Map<string, number>();
      for (const line of text.split("\n")) {
        const match = /^toxiproxy_proxy_received_bytes_total\{.*proxy="([^"]+)".*\} (\S+)/.exec(
          line,
        );
        if (match?.[1] === undefined) continue;
        counts.set(match[1], (counts.get(match[1]) ?? 0) + Number(match[2]));
      }
      return counts;
    },
    async removeAll() {
      await call("/reset", "POST");
    },
  };
}
