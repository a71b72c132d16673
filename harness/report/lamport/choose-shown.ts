import type { Trace, TracedMessage, TraceMark } from "./trace.ts";

/** What of a trace is drawn. */
export interface Shown {
  /** Lanes of the trace, then those that only messages name. */
  readonly lanes: readonly string[];
  readonly messages: readonly TracedMessage[];
  readonly marks: readonly TraceMark[];
  /** The first marks of kind violation; `marks` holds no others. */
  readonly violations: readonly TraceMark[];
  readonly messagesLeftOut: number;
  readonly violationsLeftOut: number;
  readonly marksLeftOut: number;
}

export interface ShownOptions {
  readonly startMs: number;
  readonly endMs: number;
  readonly messagesMax: number;
  readonly violationsMax: number;
  /** Marks beside the violations. */
  readonly marksMax: number;
}

/**
 * Everything of the window that there is room for: what is nearest in time to a violation, or, without one, to the end.
 */
export function chooseShown(trace: Trace, options: ShownOptions): Shown {
  const { startMs, endMs, messagesMax, violationsMax, marksMax } = options;
  const inWindow = (timeMs: number): boolean => timeMs >= startMs && timeMs <= endMs;
  const marks = trace.marks.filter(({ timeMs }) => inWindow(timeMs));
  const allViolations = marks.filter(({ kind }) => kind === "violation");
  // What comes after the first ones is mostly their consequence.
  const violations = allViolations.slice(0, violationsMax);
  const others = marks.filter(({ kind }) => kind !== "violation");
  const messages = trace.messages.filter(
    ({ sentMs, arrivedMs }) => sentMs <= endMs && (arrivedMs ?? sentMs) >= startMs,
  );
  const centresMs = violations.length === 0 ? [endMs] : violations.map(({ timeMs }) => timeMs);
  const keptMessages = nearest(messages, ({ sentMs }) => sentMs, centresMs, messagesMax);
  const keptOthers = new Set(nearest(others, ({ timeMs }) => timeMs, centresMs, marksMax));
  const lanes = new Set(trace.lanes);
  for (const { from, to } of keptMessages) lanes.add(from).add(to);
  return {
    lanes: [...lanes],
    messages: keptMessages,
    marks: marks.filter((mark) => violations.includes(mark) || keptOthers.has(mark)),
    violations,
    messagesLeftOut: messages.length - keptMessages.length,
    violationsLeftOut: allViolations.length - violations.length,
    marksLeftOut: others.length - keptOthers.size,
  };
}

/** At most `countMax` items, in their order. */
function nearest<T>(
  items: readonly T[],
  timeOf: (item: T) => number,
  centresMs: readonly number[],
  countMax: number,
): readonly T[] {
  if (items.length <= countMax) return items;
  const distanceMs = (item: T): number =>
    Math.min(...centresMs.map((centreMs) => Math.abs(timeOf(item) - centreMs)));
  return items
    .map((item, at) => ({ item, at, distanceMs: distanceMs(item) }))
    .sort((left, right) => left.distanceMs - right.distanceMs || left.at - right.at)
    .slice(0, countMax)
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
