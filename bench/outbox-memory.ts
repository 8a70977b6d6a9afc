import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { startMosquitto } from './support/broker.js';
import type { DrainQuestion, DrainReply } from './support/drain-appliance.js';
import { peakRssMb, rssMb } from './support/processes.js';
import { printFigures, printTable } from './support/report.js';
import { SideProcess } from './support/side-process.js';

/** The memory of an appliance's uplink that is connected and sends, with an empty outbox and with a very long one. */

// Debian packages: mosquitto
const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const SETTLE_MS = 8_000;

async function measure(rows: number) {
  const folder = await temporaryFolder();
  const broker = await startMosquitto();
  const file = join(folder, 'edge.db');
  const begin = { kind: 'begin', file, broker: broker.url, window: 256 } as const;
  const maker = new SideProcess<DrainQuestion, DrainReply>('drain-appliance');
  const appliance = new SideProcess<DrainQuestion, DrainReply>('drain-appliance');
  try {
    // The rows are another process's work, so that what making them took is not counted.
    await maker.ask({ ...begin, rows });
    await maker.stop();
    await appliance.ask({ ...begin, rows: 0 });
    await sleep(SETTLE_MS);
    const { depth } = await appliance.ask({ kind: 'depth' });
    const { pid } = appliance;
    return { rows: depth, 'RSS MB': rssMb(pid), 'peak MB': peakRssMb(pid) };
  } finally {
    await appliance.stop();
    await broker.stop();
  }
}

const empty = await measure(0);
const full = await measure(Number(values.rows));
printTable([empty, full]);
printFigures('outbox-memory', {
  rows: full.rows,
  emptyMb: empty['RSS MB'],
  fullMb: full['RSS MB'],
  grownMb: full['RSS MB'] - empty['RSS MB'],
});
