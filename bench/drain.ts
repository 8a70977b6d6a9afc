import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMosquitto } from './support/broker.js';
import type { ApplianceQuestion, ApplianceReply } from './support/drain-appliance.js';
import type { RelayQuestion, RelayReply } from './support/ingest-relay.js';
import { cpuMs, peakRssMb } from './support/processes.js';
import { printFigures, printTable } from './support/report.js';
import { SideProcess } from './support/side-process.js';

/** How fast one appliance gets rid of a backlog: its outbox, uplink, Mosquitto, the relay's ingest on SQLite, and back. */

const { values } = parseArgs({ options: { count: { type: 'string', default: '100000' } } });
const count = Number(values.count);

const folder = await mkdtemp(join(tmpdir(), 'siteglass-bench-'));
const broker = await startMosquitto();
const relay = new SideProcess<RelayQuestion, RelayReply>('ingest-relay');
const appliance = new SideProcess<ApplianceQuestion, ApplianceReply>('drain-appliance');
try {
  const question = { broker: broker.url, file: join(folder, 'edge.db') };
  await appliance.ask({ ...question, fill: count });
  await relay.ask({ broker: broker.url, database: join(folder, 'relay.db') });
  const processes = { appliance: appliance.pid, mosquitto: broker.pid, relay: relay.pid };
  const before = Object.values(processes).map(cpuMs);
  const { seconds } = await appliance.ask({ ...question, fill: 0 });
  printTable(
    Object.entries(processes).map(([name, pid], i) => ({
      process: name,
      'CPU %': (cpuMs(pid) - (before[i] ?? 0)) / (10 * seconds),
      'peak MB': peakRssMb(pid),
    })),
  );
  printFigures('drain', { summaries: count, seconds, perSecond: count / seconds });
} finally {
  await Promise.all([relay.stop(), appliance.stop()]);
  await broker.stop();
  await rm(folder, { recursive: true, force: true });
}
