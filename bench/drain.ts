import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { startMosquitto } from './support/broker.js';
import type { DrainQuestion, DrainReply } from './support/drain-appliance.js';
import type { RelayQuestion, RelayReply } from './support/ingest-relay.js';
import { cpuMs, peakRssMb } from './support/processes.js';
import { printFigures, printTable } from './support/report.js';
import { SideProcess } from './support/side-process.js';

/** One appliance with a backlog, a broker and a relay on SQLite, each a process: how fast the backlog is committed. */

// Debian packages: mosquitto
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    window: { type: 'string', default: '256' },
  },
});
const rows = Number(values.rows);
const window = Number(values.window);

const folder = await temporaryFolder();
const broker = await startMosquitto();
const relay = new SideProcess<RelayQuestion, RelayReply>('ingest-relay');
const appliance = new SideProcess<DrainQuestion, DrainReply>('drain-appliance');
try {
  await relay.ask({ broker: broker.url, database: join(folder, 'relay.db') });
  const pids = { appliance: appliance.pid, broker: broker.pid, relay: relay.pid };
  const file = join(folder, 'edge.db');
  await appliance.ask({ kind: 'begin', file, broker: broker.url, window, rows });
  const cpu = () => Object.values(pids).map(cpuMs);
  const before = cpu();
  const began = performance.now();
  while ((await appliance.ask({ kind: 'depth' })).depth > 0) await sleep(100);
  const seconds = (performance.now() - began) / 1000;
  const used = cpu();
  printTable(
    Object.entries(pids).map(([process, pid], i) => ({
      process,
      'CPU %': ((used[i] ?? 0) - (before[i] ?? 0)) / seconds / 10,
      'peak MB': peakRssMb(pid),
    })),
  );
  printFigures('drain', { rows, window, seconds, perSecond: rows / seconds });
} finally {
  await Promise.all([appliance.stop(), relay.stop()]);
  await broker.stop();
}
