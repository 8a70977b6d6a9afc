import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres.js';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { startMosquitto } from './support/broker.js';
import type { LoadQuestion, LoadReply } from './support/ingest-load.js';
import type { RelayQuestion, RelayReply } from './support/ingest-relay.js';
import { cpuMs, peakRssMb } from './support/processes.js';
import { printFigures, printTable, type Row } from './support/report.js';
import { SideProcess } from './support/side-process.js';

/**
 * Summaries through Mosquitto into the relay's ingest, on SQLite and on PostgreSQL: first as many as it commits and
 * acknowledges, then at a steady rate below that, for the time from publishing to acknowledgement.
 */

// Debian packages: mosquitto, postgresql
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    sites: { type: 'string', default: '8' },
    window: { type: 'string', default: '500' },
    /** The part of the highest rate at which the times are taken. */
    load: { type: 'string', default: '0.5' },
  },
});
const seconds = Number(values.seconds);
const sites = Number(values.sites);
const window = Number(values.window);

interface Result {
  perSecond: number;
  p99: number;
}

const rows: Row[] = [];

async function measure(name: string, database: string, others: () => number[]): Promise<Result> {
  const broker = await startMosquitto();
  const relay = new SideProcess<RelayQuestion, RelayReply>('ingest-relay');
  const load = new SideProcess<LoadQuestion, LoadReply>('ingest-load');
  try {
    await relay.ask({ broker: broker.url, database });
    const question = { broker: broker.url, sites, window };
    await load.ask({ ...question, seconds: 2 });
    const run = async (title: string, more: Pick<LoadQuestion, 'seconds' | 'perSecond'>) => {
      const groups = [[relay.pid], [broker.pid], [load.pid], others()];
      const before = groups.map(cpuMsOfThose);
      const began = performance.now();
      const reply = await load.ask({ ...question, ...more });
      const tookMs = performance.now() - began;
      const percent = groups.map(
        (pids, i) => (100 * (cpuMsOfThose(pids) - (before[i] ?? 0))) / tookMs,
      );
      rows.push({
        run: `${name}, ${title}`,
        'per second': reply.perSecond,
        'p50 ms': reply.p50,
        'p99 ms': reply.p99,
        'relay CPU %': percent[0] ?? 0,
        'broker CPU %': percent[1] ?? 0,
        'load CPU %': percent[2] ?? 0,
        'PostgreSQL CPU %': percent[3] ?? 0,
        'relay peak MB': peakRssMb(relay.pid),
        'broker peak MB': peakRssMb(broker.pid),
      });
      return reply;
    };
    const most = await run('most', { seconds });
    const perSecond = most.perSecond * Number(values.load);
    const steady = await run('steady', { seconds: seconds / 2, perSecond });
    return { perSecond: most.perSecond, p99: steady.p99 };
  } finally {
    await Promise.all([load.stop(), relay.stop()]);
    await broker.stop();
  }
}

/** Of processes that may have ended meanwhile, as PostgreSQL's short-lived ones do. */
function cpuMsOfThose(pids: number[]): number {
  const alive = pids.filter((pid) => existsSync(`/proc/${pid}/stat`));
  return alive.reduce((ms, pid) => ms + cpuMs(pid), 0);
}

const folder = await temporaryFolder();
const postgres = startPostgres();
try {
  const sqlite = await measure('SQLite', join(folder, 'relay.db'), () => []);
  const shared = await measure('PostgreSQL', await postgres.createDatabase(), () =>
    postgres.pids(),
  );
  printTable(rows);
  printFigures('ingest', {
    sqlitePerSecond: sqlite.perSecond,
    postgresPerSecond: shared.perSecond,
    ackP99Ms: sqlite.p99,
    postgresAckP99Ms: shared.p99,
  });
} finally {
  postgres.stop();
}
