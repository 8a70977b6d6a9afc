import { parseArgs } from 'node:util';
import { type Appliance, startAppliance } from './support/appliance.js';
import type { LoadQuestion, LoadReply } from './support/load.js';
import { cpuMs } from './support/processes.js';
import { percentiles, printFigures, printTable } from './support/report.js';
import { snapshots } from './support/scenes.js';
import { SideProcess } from './support/side-process.js';

/** What the project's own engine is worth to the whole service, and how far decoding alone would get. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    workers: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
    /** Seconds of load before the first round. Until V8 has optimised it, the service takes twice the time. */
    warmUp: { type: 'string', default: '40' },
  },
});
const [rounds, seconds, workers, connections, warmUp] = [
  Number(values.rounds),
  Number(values.seconds),
  Number(values.workers),
  Number(values.connections),
  Number(values.warmUp),
];
/** Larger than any image here, so that the search ends before it begins. */
const NOTHING_TO_SEARCH = { minSize: '16000' };

const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);

const cpuOf = ({ serviceMs, workerMs }: Measured): number => serviceMs + workerMs;

const median = (numbers: number[]): number => percentiles(numbers).p50;

const images = await snapshots(8);
const load = new SideProcess<LoadQuestion, LoadReply>('load');
const withOpenCv = await startAppliance(workers, [], ['detection.engine=opencv']);
const withOwn = await startAppliance(workers);
let from = 0;

interface Measured {
  perSecond: number;
  /** Processor time for each upload, milliseconds. */
  serviceMs: number;
  workerMs: number;
}

async function measure(
  { port, pid, workers: pids }: Appliance,
  fields?: Record<string, string>,
  duration = seconds,
): Promise<Measured> {
  const used = () => [cpuMs(pid), sum(pids.map(cpuMs))] as const;
  const [service, workers] = used();
  const { done, perSecond } = await load.ask({
    port,
    images,
    connections,
    unique: true,
    from,
    requests: Number.POSITIVE_INFINITY,
    seconds: duration,
    ...(fields && { fields }),
  });
  from += done;
  const [serviceAfter, workersAfter] = used();
  return {
    perSecond,
    serviceMs: (serviceAfter - service) / done,
    workerMs: (workersAfter - workers) / done,
  };
}

try {
  for (const appliance of [withOpenCv, withOwn])
    await measure(appliance, NOTHING_TO_SEARCH, warmUp / 2);
  for (const appliance of [withOpenCv, withOwn]) await measure(appliance, undefined, warmUp / 2);
  const table = [];
  // The machine's speed drifts, so each round measures all three in turn; ratios are taken within a round.
  for (let round = 1; round <= rounds; round++) {
    const [opencv, own, decode] = [
      await measure(withOpenCv),
      await measure(withOwn),
      await measure(withOwn, NOTHING_TO_SEARCH),
    ];
    table.push({
      round,
      'opencv/s': opencv.perSecond,
      'own/s': own.perSecond,
      'decode only/s': decode.perSecond,
      'own : opencv': own.perSecond / opencv.perSecond,
      'own : decode only': own.perSecond / decode.perSecond,
      'own : opencv, CPU': cpuOf(opencv) / cpuOf(own),
      'own : decode only, CPU': cpuOf(decode) / cpuOf(own),
      'service ms': own.serviceMs,
      'worker ms': own.workerMs,
      'worker ms, decode only': decode.workerMs,
    });
  }
  printTable(table);
  printFigures('service', {
    ratioToOpenCv: median(table.map((row) => row['own : opencv'])),
    ratioToDecodeOnly: median(table.map((row) => row['own : decode only'])),
    // Where other programs take a part of the machine, these vary less.
    cpuRatioToOpenCv: median(table.map((row) => row['own : opencv, CPU'])),
    cpuRatioToDecodeOnly: median(table.map((row) => row['own : decode only, CPU'])),
    serviceMs: median(table.map((row) => row['service ms'])),
    workerMs: median(table.map((row) => row['worker ms'])),
    workerDecodeOnlyMs: median(table.map((row) => row['worker ms, decode only'])),
    opencvPerSecond: median(table.map((row) => row['opencv/s'])),
    ownPerSecond: median(table.map((row) => row['own/s'])),
    decodeOnlyPerSecond: median(table.map((row) => row['decode only/s'])),
  });
} finally {
  await Promise.all([load.stop(), withOpenCv.stop(), withOwn.stop()]);
}
