import { setTimeout as sleep } from 'node:timers/promises';
import { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import { appendSummaries, log, openOutboxDatabase, ROOT } from '../../support/delivery-fixtures.js';
import { argumentsOf } from '../faults/protocol.js';
import type { ApplianceArguments, ApplianceReport } from './protocol.js';

const { url, file, site, count, each, everyMs } = argumentsOf<ApplianceArguments>();
const report = (message: ApplianceReport) => process.send?.(message);

const { db } = await openOutboxDatabase(file);
const outbox = new Outbox(db);
const bus = new MqttMessageBus(
  { url, root: ROOT, clientId: `siteglass-${site}`, backoff: { minMs: 50, maxMs: 400 } },
  log,
);
const uplink = new Uplink(bus, outbox, { site, settleOn: 'ack', stallMs: 400 }, log);
await uplink.start();
await bus.start();

let produced = 0;
setInterval(async () => {
  const { ackedSeq, lastSeq } = await outbox.state();
  report({ kind: 'status', produced, ackedSeq, lastSeq });
}, 50);
process.once('disconnect', () => process.exit());

while (produced < count) {
  const snapshots = await appendSummaries(db, outbox, Math.min(each, count - produced));
  uplink.wake();
  report({ kind: 'produced', snapshots });
  produced += snapshots.length;
  await sleep(everyMs);
}
