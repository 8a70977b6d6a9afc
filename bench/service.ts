import { parseArgs } from 'node:util';
import { type Appliance, startAppliance } from './support/appliance.js';
import type { LoadQuestion, LoadReply } from './support/load.js';
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
  },
});
const [rounds, seconds, workers, connections] = [
  Number(values.rounds),
  Number(values.seconds),
  Number(values.workers),
  Number(values.connections),
];
/** Larger than any image here, so that the search ends before it begins. */
const NOTHING_TO_SEARCH = { minSize: '16000' };

const median = (numbers: number[]): number => percentiles(numbers).p50;

const images = await snapshots(8);
const load = new SideProcess<LoadQuestion, LoadReply>('load');
const withOpenCv = await startAppliance(workers, [], ['detection.engine=opencv']);
const withOwn = await startAppliance(workers);
let from = 0;

async function perSecond({ port }: Appliance, fields?: Record<string, string>): Promise<number> {
  const { done, perSecond } = await load.ask({
    port,
    images,
    connections,
    unique: true,
    from,
    requests: Number.POSITIVE_INFINITY,
    seconds,
    ...(fields && { fields }),
  });
  from += done;
  return perSecond;
}

try {
  await perSecond(withOpenCv);
  await perSecond(withOwn);
  const table = [];
  // The machine's speed drifts, so each round measures all three in turn; ratios are taken within a round.
  for (let round = 1; round <= rounds; round++) {
    const [opencv, own, decode] = [
      await perSecond(withOpenCv),
      await perSecond(withOwn),
      await perSecond(withOwn, NOTHING_TO_SEARCH),
    ];
    table.push({
      round,
      'opencv/s': opencv,
      'own/s': own,
      'decode only/s': decode,
      'own : opencv': own / opencv,
      'own : decode only': own / decode,
    });
  }
  printTable(table);
  printFigures('service', {
    ratioToOpenCv: median(table.map((row) => row['own : opencv'])),
    ratioToDecodeOnly: median(table.map((row) => row['own : decode only'])),
    opencvPerSecond: median(table.map((row) => row['opencv/s'])),
    ownPerSecond: median(table.map((row) => row['own/s'])),
    decodeOnlyPerSecond: median(table.map((row) => row['decode only/s'])),
  });
} finally {
  await Promise.all([load.stop(), withOpenCv.stop(), withOwn.stop()]);
}
