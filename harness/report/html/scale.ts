/** From values to pixels, with the values worth a tick. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
  readonly domain: readonly [number, number];
}

export interface ScaleOptions {
  readonly domain: readonly [number, number];
  /** Pixels of the two ends; the first may be the larger, as on an upright axis. */
  readonly range: readonly [number, number];
  readonly ticksMax?: number;
}

export function linearScale({ domain, range, ticksMax = 6 }: ScaleOptions): Scale {
  const [low, high] = widen(domain);
  const [start, end] = range;
  const toPixels = (value: number): number =>
    start + ((value - low) / (high - low)) * (end - start);
  return Object.assign(toPixels, {
    ticks: linearTicks(low, high, ticksMax),
    domain: [low, high] as const,
  });
}

/** Both ends must be above 0. Values below the domain are drawn at its lower end. */
export function logScale({ domain, range }: ScaleOptions): Scale {
  const low = Math.max(domain[0], Number.MIN_VALUE);
  const high = Math.max(domain[1], low * 10);
  const [start, end] = range;
  const height = Math.log10(high / low);
  const toPixels = (value: number): number =>
    start + (Math.log10(Math.max(value, low) / low) / height) * (end - start);
  return Object.assign(toPixels, { ticks: logTicks(low, high), domain: [low, high] as const });
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 5]) if (power * factor >= value * (1 - 1e-9)) return power * factor;
  return power * 10;
}

/** The largest of 1, 2, 5 times a power of ten that is at most `value`. */
export function roundDown(value: number): number {
  return value > 0 ? 1 / roundUp(1 / value) : 1;
}

function widen([low, high]: readonly [number, number]): readonly [number, number] {
  return high > low ? [low, high] : [low, low + 1];
}

function linearTicks(low: number, high: number, ticksMax: number): number[] {
  const step = roundUp((high - low) / Math.max(1, ticksMax));
  const ticks: number[] = [];
  const first = Math.ceil(low / step - 1e-6);
  for (let at = first; at * step <= high + step * 1e-6 && ticks.length < 100; at += 1) {
    ticks.push(Number((at * step).toPrecision(15)));
  }
  return ticks;
}

// 1, 2 and 5 of each decade while they are few, else powers of ten.
function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades <= 2.5 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(6));
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}
