/** What the driver needs of a Toxiproxy, embedded or real. Every method rejects with one clear sentence. */
export interface ProxyControl {
  readonly kind: "embedded" | "real";
  readonly version: string;
  /** Names come without the run's prefix, here and below. */
  createProxies(
    proxies: readonly {
      readonly name: string;
      readonly listen: string;
      readonly upstream: string;
    }[],
  ): Promise<void>;
  addToxic(
    proxy: string,
    toxic: {
      readonly name: string;
      readonly type: string;
      readonly stream: "upstream" | "downstream";
      readonly attributes: Readonly<Record<string, number>>;
    },
  ): Promise<void>;
  removeToxic(proxy: string, toxic: string): Promise<void>;
  setEnabled(proxy: string, enabled: boolean): Promise<void>;
  /** Bytes by proxy, both streams together; undefined where the server does not count. */
  receivedBytes(): Promise<ReadonlyMap<string, number> | undefined>;
  /** Removes every proxy of this run. */
  removeAll(): Promise<void>;
}
