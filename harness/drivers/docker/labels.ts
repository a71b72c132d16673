import { hostname } from "node:os";

/** Everything of a cluster carries these, and is found by them. */
export const RUN_LABEL = "ringside.run";
export const OWNER_LABEL = "ringside.owner";
const KEEP_LABEL = "ringside.keep";

/** Labels of what belongs to one run of this process. */
export function labelsOf(options: {
  readonly run: string;
  readonly keep: boolean;
}): Readonly<Record<string, string>> {
  return {
    [RUN_LABEL]: options.run,
    ...(options.keep
      ? { [KEEP_LABEL]: "true" }
      : { [OWNER_LABEL]: `${hostname()}/${process.pid}` }),
  };
}

/** The process id in an owner's label, where the owner ran on this machine. */
export function localOwner(label: string): number | undefined {
  const [host, pid = ""] = label.split("/");
  return host === hostname() && /^\d{1,10}$/.test(pid) ? Number(pid) : undefined;
}
