import test from 'ava';
import { mainThreadOf } from '../../../bench/support/frame-trace.js';

const MS = 1_000;

interface Task {
  at: number;
  ms: number;
  cpu?: number;
  thread?: number;
}

const event = (name: string, { at, ms, cpu = ms, thread = 1 }: Task) => ({
  ...{ name, ph: 'X', pid: 7, tid: thread, ts: at * MS, dur: ms * MS, tdur: cpu * MS },
});

/** A task that draws a frame, with the parts inside of it. */
const frame = (task: Task, ...parts: [string, Task][]) => [
  event('RunTask', task),
  event('FireAnimationFrame', { at: task.at, ms: 1, thread: task.thread ?? 1 }),
  ...parts.map(([name, part]) => event(name, part)),
];

test('the time of a frame is that of its own thread, without what others took of the processor', (t) => {
  const events = [
    event('RunTask', { at: 0, ms: 90 }),
    ...frame({ at: 100, ms: 20, cpu: 6 }, ['Layout', { at: 104, ms: 3 }]),
    event('RunTask', { at: 125, ms: 4 }),
    ...frame({ at: 140, ms: 8 }, ['Paint', { at: 143, ms: 4 }], ['MinorGC', { at: 144, ms: 1 }]),
    ...frame({ at: 160, ms: 50 }),
    ...frame({ at: 100, ms: 99, thread: 2 }),
  ];
  const { frames, longestTask, parts } = mainThreadOf(
    Buffer.from(JSON.stringify({ traceEvents: events.reverse() })),
  );
  t.deepEqual(frames, [10, 8], 'before the first frame and from the last one on, nothing counts');
  t.is(longestTask, 8);
  t.deepEqual(parts, { script: 3, layout: 3, paint: 4, garbage: 1 });
  t.throws(() => mainThreadOf(Buffer.from('{"traceEvents":[]}')), { message: /no frames/ });
});
