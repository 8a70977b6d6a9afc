import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { NO_NEIGHBORS } from '../../../core/contract/summary.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { RelayQuestions } from '../../../edge/uplink/relay-questions.js';
import { startBroker } from '../../support/broker.js';
import {
  aDetection,
  aSummary,
  log,
  openOutboxDatabase,
  ROOT,
} from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus } from '../../support/message-bus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';
const ofModel = { ...aDetection('person'), confidence: 0.7, neighbors: null, score: null };

/** The message that asks the relay with the newest acknowledged summary, which has a detection of a model. */
async function asked(t: ExecutionContext, payload?: string): Promise<unknown> {
  const { url } = await startBroker(t);
  const relay = await connectAsync(url);
  t.teardown(() => relay.endAsync());
  const records: unknown[] = [];
  relay.on('message', (_topic, text) => records.push(JSON.parse(text.toString())));
  await relay.subscribeAsync(`${ROOT}/${site}/up`);
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db, systemClock, {
    ...{ maxBytes: 2 ** 20, maxAgeMs: 1e9, keptMs: 1e9 },
  });
  await db.transaction().execute((trx) => outbox.append(trx, aSummary({ detections: [ofModel] })));
  await outbox.acknowledge(1);
  if (payload !== undefined) await db.updateTable('outbox_acknowledged').set({ payload }).execute();
  await new RelayQuestions(await connectedBus(t, url), outbox, site, log).sendNewestAcknowledged();
  await eventually(() => records.length === 1);
  return records[0];
}

test('the newest acknowledged summary is sent as relays of every version take it', async (t) => {
  const onWire = { ...ofModel, neighbors: NO_NEIGHBORS };
  t.like(await asked(t), { seq: 1, summary: { detections: [onWire] } });
});

test('if it is damaged, a mark asks in its place', async (t) => {
  const dropped = { from: 1, to: 1, count: 1, reason: 'age', cause: 'forgotten' };
  t.like(await asked(t, '{"camera":'), { seq: 1, dropped });
});
