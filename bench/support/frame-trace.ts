import { percentiles } from './report.js';

/** What a trace of Chromium has, as far as it is used; times in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** The least that shows what the main thread of a page did, task by task. */
export const TRACE_CATEGORIES = [
  '__metadata',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'v8',
];

const PARTS: Record<string, 'script' | 'layout' | 'paint' | 'garbage'> = {
  FireAnimationFrame: 'script',
  FunctionCall: 'script',
  EventDispatch: 'script',
  TimerFire: 'script',
  RunMicrotasks: 'script',
  'v8.callFunction': 'script',
  XHRReadyStateChange: 'script',
  UpdateLayoutTree: 'layout',
  Layout: 'layout',
  'IntersectionObserverController::computeIntersections': 'layout',
  PrePaint: 'paint',
  Paint: 'paint',
  Layerize: 'paint',
  Commit: 'paint',
  MinorGC: 'garbage',
  MajorGC: 'garbage',
};

export interface MainThread {
  /** Milliseconds of processor time for each frame; what others did with the processor meanwhile is no part of it. */
  frames: number[];
  /** The longest task, in milliseconds of processor time. */
  longestTask: number;
  /** Milliseconds of all frames together, by what they were spent on; garbage is also a part of what it interrupted. */
  parts: { script: number; layout: number; paint: number; garbage: number };
}

/** What the main thread of the page that drew the most frames did from its first frame to its last. */
export function mainThreadOf(trace: Buffer): MainThread {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const own = onBusiestMain(traceEvents);
  const begins = own.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts);
  const frames: number[] = [];
  let longestTask = 0;
  let next = 0;
  for (const { name, ts, dur = 0, tdur = dur } of own) {
    if (name !== 'RunTask') continue;
    const isFrame = (begins[next] ?? Number.POSITIVE_INFINITY) <= ts + dur;
    while ((begins[next] ?? Number.POSITIVE_INFINITY) <= ts + dur) next++;
    // What runs before the first frame and after the last one is not of the scroll.
    if (next === 0 || next === begins.length) continue;
    if (isFrame) frames.push(0);
    frames[frames.length - 1] = (frames.at(-1) ?? 0) + tdur / 1_000;
    longestTask = Math.max(longestTask, tdur / 1_000);
  }
  return { frames, longestTask, parts: partsOf(own) };
}

function onBusiestMain(events: TraceEvent[]): TraceEvent[] {
  const drawn = new Map<string, number>();
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  for (const event of events)
    if (event.name === 'FireAnimationFrame')
      drawn.set(threadOf(event), (drawn.get(threadOf(event)) ?? 0) + 1);
  const [busiest] = [...drawn].sort(([, a], [, b]) => b - a)[0] ?? [];
  if (busiest === undefined) throw new Error('the trace has no frames');
  return events
    .filter((event) => event.ph === 'X' && threadOf(event) === busiest)
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
}

/** The outermost event of each kind counts, less what other kinds inside of it took. */
function partsOf(events: TraceEvent[]): MainThread['parts'] {
  const parts = { script: 0, layout: 0, paint: 0, garbage: 0 };
  const open: { end: number; part: keyof typeof parts }[] = [];
  for (const { name, ts, dur = 0, tdur = dur } of events) {
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= ts) open.pop();
    const part = PARTS[name];
    if (part === undefined) continue;
    const around = open.at(-1)?.part;
    if (part === around) continue;
    parts[part] += tdur / 1_000;
    if (around !== undefined && part !== 'garbage') parts[around] -= tdur / 1_000;
    open.push({ end: ts + dur, part });
  }
  return parts;
}

/** Percentiles of the time of each frame, as columns of a table. */
export const frameColumns = (what: string, frames: number[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(percentiles(frames)).map(([name, ms]) => [`${what} ${name}`, ms]),
  );
