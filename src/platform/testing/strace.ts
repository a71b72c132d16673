import { spawnSync } from "node:child_process";

/** One system call as strace saw it. */
export interface SystemCall {
  readonly processId: number;
  readonly name: string;
  /** Everything between the parentheses, file descriptors with their paths. */
  readonly argumentText: string;
  /** What it returned, without the name of the error; undefined where strace saw no end. */
  readonly result: number | undefined;
  /** Seconds since 1970. */
  readonly startSeconds: number;
  /** The same for its end; equal to the start where strace told no duration. */
  readonly endSeconds: number;
}

/** Options of strace whose output `parseStrace` reads; followed by `-o FILE`, then by the command. */
export const STRACE_OPTIONS = [
  "-f",
  "-ttt",
  "-T",
  "-y",
  "-s",
  "256",
  "-e",
  "trace=fdatasync,fsync,msync,sync_file_range,write,writev,pwrite64,pwritev,openat,sendto,sendmsg",
] as const;

/** Whether strace is there and may trace a child. */
export function canStrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}

/** System calls in the order in which they ended. Calls that another thread interrupted in the output are put together. */
export function parseStrace(output: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<number, Unfinished>();
  for (const line of output.split("\n")) {
    const [, processText, timeText, rest] = /^(\d+)\s+(\d+\.\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest === undefined) {
      continue;
    }
    const processId = Number(processText);
    const seconds = Number(timeText);
    const resumed = /^<\.\.\. \w+ resumed>\s?(.*)$/.exec(rest)?.[1];
    const before = unfinished.get(processId);
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(processId, {
        text: rest.slice(0, rest.lastIndexOf("<unfinished ...>")),
        startSeconds: seconds,
      });
    } else if (resumed !== undefined && before !== undefined) {
      unfinished.delete(processId);
      pushCall(calls, processId, before.startSeconds, before.text + resumed);
    } else {
      pushCall(calls, processId, seconds, rest);
    }
  }
  return calls;
}

/** Whether a call flushed a file whose path contains `pathPart` to its device, and was told that it worked. */
export function isFlushOf(call: SystemCall, pathPart: string): boolean {
  const isFlush = ["fdatasync", "fsync", "msync"].includes(call.name);
  return isFlush && call.result === 0 && call.argumentText.includes(pathPart);
}

interface Unfinished {
  readonly text: string;
  readonly startSeconds: number;
}

function pushCall(
  calls: SystemCall[],
  processId: number,
  startSeconds: number,
  text: string,
): void {
  const [, name, argumentText, resultText] = /^(\w+)\((.*)\)\s+= (-?\d+|\?)/.exec(text) ?? [];
  const durationText = /<(\d+\.\d+)>$/.exec(text)?.[1];
  if (name === undefined || argumentText === undefined) {
    return;
  }
  calls.push({
    processId,
    name,
    argumentText,
    result: resultText === "?" ? undefined : Number(resultText),
    startSeconds,
    endSeconds: startSeconds + Number(durationText ?? 0),
  });
}
