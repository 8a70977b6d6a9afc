import { parseArgs } from 'node:util';
import { fixedView } from '../test/support/fixed-camera.js';
import { rssMb } from './support/processes.js';
import { startRecording } from './support/recording.js';
import { printFigures, printTable } from './support/report.js';
import { uniqueJpeg } from './support/unique-jpeg.js';

/** Snapshots a second of cameras before scenes that hardly change, with and without the motion gate; and an hour's memory. */

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '10' },
    /** Of the simulated time, in which each camera gives a snapshot each ten seconds. */
    minutes: { type: 'string', default: '60' },
  },
});
const cameras = Number(values.cameras);
const EVERY_MS = 10_000;
/** Noise that is drawn beforehand for each camera, and shown in turn. */
const NOISES = 6;

const ids = Array.from({ length: cameras }, (_, i) => `camera-${i}`);
const scenes = await Promise.all(
  [1, 2, 3, 4].map(async (seed) => {
    const view = await fixedView(seed, [], { width: 979, height: 551 });
    return Promise.all(Array.from({ length: NOISES }, (_, noise) => view.snapshot(noise, 1)));
  }),
);
let shown = 0;
const snapshotOf = (camera: number): Buffer => {
  const n = shown++;
  const jpeg = scenes[camera % scenes.length]?.[n % NOISES] ?? Buffer.alloc(0);
  return Buffer.concat(uniqueJpeg(jpeg, n));
};

/** Each camera gives the next snapshot when the last is dealt with: a closed loop. Answers snapshots and searches. */
async function run(
  motion: object | undefined,
  isOver: (done: number) => boolean,
  onDone?: (done: number, pids: number[]) => void,
) {
  const recording = await startRecording(Number(values.workers), motion);
  const began = performance.now();
  let [done, searched] = [0, 0];
  const turns = new Map<string, number>();
  try {
    await Promise.all(
      ids.map(async (camera, i) => {
        while (!isOver(done)) {
          const turn = turns.get(camera) ?? 0;
          turns.set(camera, turn + 1);
          const takenAt = Date.UTC(2026, 4, 1) + turn * EVERY_MS;
          if (await recording.record(camera, snapshotOf(i), takenAt)) searched++;
          done++;
          onDone?.(done, [process.pid, ...recording.workers()]);
        }
      }),
    );
  } finally {
    await recording.stop();
  }
  return { done, searched, perSecond: (done / (performance.now() - began)) * 1000 };
}

/** Resident memory at each quarter of the simulated time. */
const total = (cameras * Number(values.minutes) * 60_000) / EVERY_MS;
const samples = {
  taken: [] as { 'simulated minutes': number; 'service MB': number; 'workers MB': number }[],
  note(done: number, [own = 0, ...workers]: number[]) {
    const quarter = Math.floor((done / total) * 4);
    if (quarter < this.taken.length) return;
    this.taken.push({
      'simulated minutes': Math.round((Number(values.minutes) * quarter) / 4),
      'service MB': rssMb(own),
      'workers MB': workers.reduce((sum, pid) => sum + rssMb(pid), 0),
    });
  },
};

const forSeconds = () => {
  const end = performance.now() + Number(values.seconds) * 1000;
  return () => performance.now() > end;
};
const without = await run(undefined, forSeconds());
const gated = await run({}, forSeconds());
printTable(
  [
    { gate: 'off', ...without },
    { gate: 'on', ...gated },
  ].map(({ gate, done, searched, perSecond }) => ({
    gate,
    snapshots: done,
    searched,
    'saved %': 100 * (1 - searched / done),
    'snapshots/s': perSecond,
  })),
);
const hour = await run(
  {},
  (done) => done >= total,
  (done, pids) => samples.note(done, pids),
);
printTable(samples.taken);
/** From the first quarter on, when caches are warm, to the end. */
const growthOf = (of: 'service MB' | 'workers MB') =>
  (samples.taken.at(-1)?.[of] ?? 0) / (samples.taken[1]?.[of] ?? 1);
printFigures('gate', {
  perSecondWithout: without.perSecond,
  perSecondWith: gated.perSecond,
  timesFaster: gated.perSecond / without.perSecond,
  savedRatio: 1 - gated.searched / gated.done,
  simulatedSnapshots: hour.done,
  growthRatio: growthOf('service MB'),
  workersGrowthRatio: growthOf('workers MB'),
});
