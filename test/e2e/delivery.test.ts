import { type ChildProcess, fork, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { eventually, openRelayDatabase, temporaryFolder } from '../support/delivery-fixtures.js';
import type {
  ApplianceArguments,
  ApplianceReport,
  RelayArguments,
} from '../support/delivery-protocol.js';
import { freePort } from '../support/free-port.js';

const COUNT = 2_000;
const support = (name: string) => new URL(`../support/${name}.js`, import.meta.url);

/** A process that may be killed and started again any number of times, and is gone after the test. */
class Restartable {
  #child: ChildProcess | undefined;

  constructor(
    t: ExecutionContext,
    private readonly spawnIt: () => ChildProcess,
  ) {
    t.teardown(() => this.kill());
  }

  start(): ChildProcess {
    this.#child = this.spawnIt();
    return this.#child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async replace(downMs: number): Promise<void> {
    await this.kill();
    await sleep(downMs);
    this.start();
  }
}

const forked = (name: string, args: object) => () => fork(support(name), [JSON.stringify(args)]);

/** Keeps its own ledger of what the appliance produced, outside of the system under test. */
function follow(t: ExecutionContext, args: ApplianceArguments) {
  const produced: string[] = [];
  const status = { produced: 0, ackedSeq: 0, lastSeq: 0 };
  const appliance = new Restartable(t, forked('delivery-appliance', args));
  appliance.start().on('message', (message: ApplianceReport) => {
    if (message.kind === 'produced') produced.push(...message.snapshots);
    else Object.assign(status, message);
  });
  return { produced, status };
}

async function deliversThroughKills(
  t: ExecutionContext,
  port: number,
  startBroker: () => ChildProcess,
) {
  const folder = await temporaryFolder(t);
  const url = `mqtt://127.0.0.1:${port}`;
  const broker = new Restartable(t, startBroker);
  const file = join(folder, 'relay.db');
  const relay = new Restartable(
    t,
    forked('delivery-relay', { url, file } satisfies RelayArguments),
  );
  broker.start();
  relay.start();
  const { produced, status } = follow(t, {
    url,
    file: join(folder, 'edge.db'),
    site: 'north',
    count: COUNT,
    each: 4,
    everyMs: 8,
  });

  await eventually(() => status.ackedSeq > 50, 20_000);
  await relay.replace(300);
  await eventually(() => status.produced > 700, 20_000);
  await broker.replace(300);
  await eventually(() => status.produced > 1_200, 20_000);
  await Promise.all([relay.replace(100), broker.replace(400)]);
  await eventually(() => status.ackedSeq === COUNT, 40_000);
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
  await deliversThroughKills(t, port, forked('delivery-broker', { port }));
});

test('nothing is lost or doubled when relay and Mosquitto are killed in mid-stream', async (t) => {
  const port = await freePort();
  const configuration = join(await temporaryFolder(t), 'mosquitto.conf');
  await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  await deliversThroughKills(t, port, () =>
    spawn('/usr/sbin/mosquitto', ['-c', configuration], { stdio: 'ignore' }),
  );
});
