import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openRelayDatabase } from '../support/delivery-fixtures.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { MOSQUITTO, writeMosquittoConfiguration } from '../support/mosquitto.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import type {
  ApplianceArguments,
  ApplianceReport,
  BrokerArguments,
  RelayArguments,
} from './delivery/protocol.js';
import { harnessProgram, type Launch, MortalProcess, program } from './faults/mortal-process.js';

const COUNT = 2_000;

/** One of this test's own programs. */
const forked = (name: string, args: object) =>
  harnessProgram(new URL(`./delivery/${name}-process.js`, import.meta.url), () => args);

/** Killed when the test ends. */
function mortalProcess(t: ExecutionContext, launch: Launch, logFile: string): MortalProcess {
  const process = new MortalProcess(launch, logFile);
  t.teardown(() => process.kill());
  return process;
}

async function replace(process: MortalProcess, downMs: number): Promise<void> {
  await process.kill();
  await sleep(downMs);
  process.start();
}

/** Keeps its own ledger of what the appliance produced, outside of the system under test. */
function follow(t: ExecutionContext, folder: string, args: ApplianceArguments) {
  const produced: string[] = [];
  const status = { produced: 0, ackedSeq: 0, lastSeq: 0 };
  const appliance = mortalProcess(t, forked('appliance', args), join(folder, 'appliance.log'));
  appliance.start();
  appliance.child?.on('message', (message: ApplianceReport) => {
    if (message.kind === 'produced') produced.push(...message.snapshots);
    else Object.assign(status, message);
  });
  return { produced, status };
}

async function deliversThroughKills(
  t: ExecutionContext,
  port: number,
  folder: string,
  launchBroker: Launch,
) {
  const url = `mqtt://127.0.0.1:${port}`;
  const broker = mortalProcess(t, launchBroker, join(folder, 'broker.log'));
  const file = join(folder, 'relay.db');
  const relay = mortalProcess(
    t,
    forked('relay', { url, file } satisfies RelayArguments),
    join(folder, 'relay.log'),
  );
  broker.start();
  relay.start();
  const { produced, status } = follow(t, folder, {
    url,
    file: join(folder, 'edge.db'),
    site: 'north',
    count: COUNT,
    each: 4,
    everyMs: 8,
  });

  await eventually('more than 50 are acknowledged', () => status.ackedSeq > 50, 20_000);
  await replace(relay, 300);
  await eventually('more than 700 are produced', () => status.produced > 700, 20_000);
  await replace(broker, 300);
  await eventually('more than 1,200 are produced', () => status.produced > 1_200, 20_000);
  await Promise.all([replace(relay, 100), replace(broker, 400)]);
  await eventually('all are acknowledged', () => status.ackedSeq === COUNT, 40_000);
  await relay.kill();

  const { db, close } = await openRelayDatabase(file);
  const committed = await db
    .selectFrom('summary')
    .select(['seq', 'snapshot'])
    .orderBy('seq')
    .execute();
  const ledger = await db.selectFrom('ledger').selectAll().execute();
  const lost = await db.selectFrom('absence').selectAll().execute();
  await close();
  t.is(produced.length, COUNT);
  t.deepEqual(
    committed.map(({ snapshot }) => snapshot),
    produced,
  );
  t.is(ledger.length, 1);
  t.like(ledger[0], { acked_seq: COUNT, summaries: COUNT, detections: COUNT });
  t.deepEqual(lost, []);
}

test('nothing is lost or doubled when relay and embedded broker are killed in mid-stream', async (t) => {
  const port = await freePort();
  const folder = await temporaryFolder(t);
  const args: BrokerArguments = { port };
  await deliversThroughKills(t, port, folder, forked('broker', args));
});

test('nothing is lost or doubled when relay and Mosquitto are killed in mid-stream', async (t) => {
  const port = await freePort();
  const folder = await temporaryFolder(t);
  const file = writeMosquittoConfiguration(folder, port);
  await deliversThroughKills(
    t,
    port,
    folder,
    program(MOSQUITTO, () => ['-c', file]),
  );
});
