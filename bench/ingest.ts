import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres.js';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { startMosquitto } from './support/broker.js';
import { IngestPart, type Measured } from './support/ingest-part.js';
import { percentiles, printFigures, printTable } from './support/report.js';
import { inTurns, ratiosToReference } from './support/turns.js';

/**
 * Summaries through Mosquitto into the relay's ingest, on SQLite and on PostgreSQL, and to a subscriber that does
 * nothing, in turns: as many as are acknowledged. Then at a steady rate below that, for the time from publishing to
 * acknowledgement.
 */

// Debian packages: mosquitto, postgresql
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    /** Of each part in a round. */
    seconds: { type: 'string', default: '2' },
    /** Of the run at a steady rate. */
    steady: { type: 'string', default: '10' },
    sites: { type: 'string', default: '8' },
    window: { type: 'string', default: '500' },
    /** The part of the highest rate at which the times are taken. */
    load: { type: 'string', default: '0.5' },
    /** A folder for CPU profiles of the relays. */
    profile: { type: 'string' },
  },
});
const question = { sites: Number(values.sites), window: Number(values.window) };
const seconds = Number(values.seconds);
const WARM_UP_SECONDS = 2;

const median = (numbers: number[]): number => percentiles(numbers).p50;
const medianOf = (measured: Measured[], of: (one: Measured) => number) => median(measured.map(of));

const folder = await temporaryFolder();
const profiling = values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [];
const postgres = startPostgres();
const parts: IngestPart[] = [];
async function started(part: Promise<IngestPart>): Promise<IngestPart> {
  parts.push(await part);
  return part;
}

try {
  const idle = await started(IngestPart.idle(await startMosquitto()));
  const sqlite = await started(
    IngestPart.relay(await startMosquitto(), join(folder, 'relay.db'), profiling),
  );
  const database = await postgres.createDatabase();
  const shared = await started(
    IngestPart.relay(await startMosquitto(), database, profiling, () => postgres.pids()),
  );
  for (const part of parts) await part.measure({ ...question, seconds: WARM_UP_SECONDS });
  const most = (part: IngestPart) => () => part.measure({ ...question, seconds });
  const turns = await inTurns(Number(values.rounds), most(idle), [most(sqlite), most(shared)]);
  const { reference: broker, others } = turns;
  const [ofSqlite = [], ofPostgres = []] = others;

  const perSecond = (measured: Measured[]) => measured.map((one) => one.perSecond);
  /** Of all that a record needs behind the load. */
  const cpuUs = (measured: Measured[]) =>
    measured.map((one) => one.cpuUs.subscriber + one.cpuUs.broker + one.cpuUs.database);
  const cpuRatio = (measured: Measured[]) =>
    1 / median(ratiosToReference(cpuUs(broker), cpuUs(measured)));
  const sqliteRatios = ratiosToReference(perSecond(broker), perSecond(ofSqlite));
  const postgresRatios = ratiosToReference(perSecond(broker), perSecond(ofPostgres));
  printTable(
    sqliteRatios.map((sqliteRatio, i) => ({
      round: i + 1,
      'broker/s before': broker[i]?.perSecond ?? Number.NaN,
      'SQLite/s': ofSqlite[i]?.perSecond ?? Number.NaN,
      'PostgreSQL/s': ofPostgres[i]?.perSecond ?? Number.NaN,
      'broker/s after': broker[i + 1]?.perSecond ?? Number.NaN,
      'SQLite : broker': sqliteRatio,
      'PostgreSQL : broker': postgresRatios[i] ?? Number.NaN,
      'others %': median(
        [broker[i], ofSqlite[i], ofPostgres[i]].map((one) => one?.othersPercent ?? 0),
      ),
    })),
  );

  const steadyAt = (part: IngestPart, measured: Measured[]) =>
    part.measure({
      ...question,
      seconds: Number(values.steady),
      perSecond: Number(values.load) * median(perSecond(measured)),
    });
  const steady = {
    broker: await steadyAt(idle, broker),
    sqlite: await steadyAt(sqlite, ofSqlite),
    postgres: await steadyAt(shared, ofPostgres),
  };
  const rowOf = (run: string, part: IngestPart, measured: Measured[]) => ({
    run,
    'per second': medianOf(measured, (one) => one.perSecond),
    'p50 ms': medianOf(measured, (one) => one.p50),
    'p99 ms': medianOf(measured, (one) => one.p99),
    'subscriber CPU µs': medianOf(measured, ({ cpuUs }) => cpuUs.subscriber),
    'broker CPU µs': medianOf(measured, ({ cpuUs }) => cpuUs.broker),
    'load CPU µs': medianOf(measured, ({ cpuUs }) => cpuUs.load),
    'database CPU µs': medianOf(measured, ({ cpuUs }) => cpuUs.database),
    'subscriber peak MB': part.peakMb().subscriber,
    'broker peak MB': part.peakMb().broker,
  });
  printTable([
    rowOf('broker alone, most', idle, broker),
    rowOf('SQLite, most', sqlite, ofSqlite),
    rowOf('PostgreSQL, most', shared, ofPostgres),
    rowOf('broker alone, steady', idle, [steady.broker]),
    rowOf('SQLite, steady', sqlite, [steady.sqlite]),
    rowOf('PostgreSQL, steady', shared, [steady.postgres]),
  ]);
  const all = [...broker, ...ofSqlite, ...ofPostgres];
  printFigures('ingest', {
    sqliteOfBroker: median(sqliteRatios),
    postgresOfBroker: median(postgresRatios),
    sqliteCpuRatio: cpuRatio(ofSqlite),
    postgresCpuRatio: cpuRatio(ofPostgres),
    brokerPerSecond: median(perSecond(broker)),
    sqlitePerSecond: median(perSecond(ofSqlite)),
    postgresPerSecond: median(perSecond(ofPostgres)),
    idleCpuUs: medianOf(broker, ({ cpuUs }) => cpuUs.subscriber),
    sqliteCpuUs: medianOf(ofSqlite, ({ cpuUs }) => cpuUs.subscriber),
    postgresCpuUs: medianOf(ofPostgres, ({ cpuUs }) => cpuUs.subscriber),
    ackP99Ms: steady.sqlite.p99,
    postgresAckP99Ms: steady.postgres.p99,
    othersPercent: medianOf(all, (one) => one.othersPercent),
    loadAverage: loadavg()[0] ?? Number.NaN,
  });
} finally {
  await Promise.all(parts.map((part) => part.stop()));
  postgres.stop();
}
