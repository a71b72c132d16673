import type { Clock, Timer, WallShift } from "../env/clock.ts";

/**
 * The machine's clocks and timers. `defer` is one `setImmediate` for all that was deferred in a turn: the event loop
 * runs it after all input that is at hand was handled, which is what batches frames.
 */
export function createNodeClock(): Clock & WallShift {
  let deferred: (() => void)[] = [];
  let wallOffsetMs = 0;

  const runDeferred = (): void => {
    const turn = deferred;
    deferred = [];
    let done = 0;
    try {
      for (; done < turn.length; ) turn[done++]?.();
    } finally {
      // A callback threw, and the process may survive that: what was deferred with it must still run.
      if (done < turn.length) {
        deferred = [...turn.slice(done), ...deferred];
        setImmediate(runDeferred);
      }
    }
  };

  return {
    wallMs: () => Date.now() + wallOffsetMs,
    setWallOffset: (offsetMs) => {
      wallOffsetMs = offsetMs;
    },
    monotonicMs: () => performance.now(),
    setTimer: (delayMs, callback) => new NodeTimer(delayMs, callback),
    defer: (callback) => {
      if (deferred.push(callback) === 1) setImmediate(runDeferred);
    },
  };
}

/** Longest delay that setTimeout takes; above it, it would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#timeout = setTimeout(callback, Math.min(Math.max(0, delayMs), DELAY_MS_MAX));
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}
