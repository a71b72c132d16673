import { SnapshotError } from "./contract.ts";
import { MANIFEST_FILE, parseManifest } from "./manifest.ts";

/** One of the snapshots that a periodic archive keeps. */
export interface KeptSnapshot {
  /** `archiveName` of when it was begun: names sort by time. */
  readonly name: string;
  readonly complete: boolean;
}

/** The name of a snapshot among others: its UTC time, such as `2026-11-25T20-15-00Z`. */
export function archiveName(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}

/** True where `archiveName` can have made it: nothing else in the folder is ours to remove. */
export function isArchiveName(name: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(name);
}

/**
 * Names to be removed so that the newest `keep` complete ones stay, and of those that may lack writes as many: what is incomplete
 * never drives out what is complete, and both are bounded.
 */
export function outdated(snapshots: readonly KeptSnapshot[], keep: number): readonly string[] {
  const newestFirst = [...snapshots].sort((left, right) => (left.name < right.name ? 1 : -1));
  return [true, false].flatMap((complete) =>
    newestFirst
      .filter((each) => each.complete === complete)
      .slice(keep)
      .map(({ name }) => name),
  );
}

/** Those of an archive's folders that hold a snapshot, by the text of their manifests; and of each other one a line that says why not. */
export function readableSnapshots(
  folders: readonly { readonly name: string; readonly text?: string; readonly error?: unknown }[],
): { readonly snapshots: readonly KeptSnapshot[]; readonly strange: readonly string[] } {
  const snapshots: KeptSnapshot[] = [];
  const strange: string[] = [];
  for (const { name, text, error } of folders) {
    const path = `${name}/${MANIFEST_FILE}`;
    if (text === undefined) {
      strange.push(
        `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      );
      continue;
    }
    try {
      snapshots.push({ name, complete: parseManifest(text, path).complete });
    } catch (failure) {
      if (!(failure instanceof SnapshotError)) throw failure;
      strange.push(failure.message);
    }
  }
  return { snapshots, strange };
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a text such as `30s`, `15m`, `1h` or `1d`, up to 366 days. Throws SnapshotError. */
export function parsePeriodMs(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[(unit ?? "s") as keyof typeof UNIT_MS];
  if (!(ms <= 366 * UNIT_MS.d)) {
    throw new SnapshotError(
      "use",
      `Cannot use --every ${text}: allowed is a number of seconds, minutes, hours or days, such as 30s, 15m, 1h, 1d`,
    );
  }
  return ms;
}
