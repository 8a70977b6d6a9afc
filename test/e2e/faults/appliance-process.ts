import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Summary } from '../../../core/contract/summary.js';
import { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { createLogger } from '../../../core/runtime/logger.js';
import { fileIdentity } from '../../../edge/store/file-identity.js';
import { defaultBudget, Outbox } from '../../../edge/store/outbox.js';
import { DeliveryHealth } from '../../../edge/uplink/delivery-health.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import { aSummary, openOutboxDatabase, ROOT } from '../../support/delivery-fixtures.js';
import { ProductionLedger } from './production-ledger.js';
import {
  type ApplianceArguments,
  type ApplianceOrder,
  type ApplianceReport,
  argumentsOf,
} from './protocol.js';

/** An appliance's outbox, uplink and MQTT client as they are, with summaries from nowhere instead of from cameras. */
const { site, url, username, password, hurry, database, ledger, each, everyMs, stallMs, silentMs } =
  argumentsOf<ApplianceArguments>();
const DAY_MS = 86_400_000;
const log = createLogger('appliance', 'info');

const { db } = await openOutboxDatabase(database);
await sql`create table if not exists produced (snapshot text primary key, payload text)`.execute(
  db,
);
const outbox = new Outbox(db, systemClock, { ...defaultBudget, keptMs: DAY_MS });
const bus = new MqttMessageBus(
  {
    url,
    root: ROOT,
    clientId: `siteglass-${site}`,
    username,
    password,
    birth: { topic: 'siteAvailability', names: { site }, payload: 'online' },
    will: { topic: 'siteAvailability', names: { site }, payload: 'offline' },
    ...hurry,
  },
  log,
);
const identity = await fileIdentity(database);
const uplink = new Uplink(
  bus,
  outbox,
  { site, settleOn: 'ack', identity, ...(stallMs && { stallMs }), ...(silentMs && { silentMs }) },
  log,
);
const production = new ProductionLedger(ledger);
const health = new DeliveryHealth(outbox, uplink);
let resting = false;
let spoils = 0;

process.once('disconnect', () => process.exit());
process.on('message', (order: ApplianceOrder) => {
  if (order.kind === 'rest') resting = true;
  else if (order.kind === 'spoil') spoils++;
  else if (order.kind === 'report') void report();
  else void sql`pragma max_page_count = ${sql.lit(order.limit)}`.execute(db);
});

await health.condition();
await uplink.start();
await bus.start();
while (!resting) {
  const summaries = Array.from({ length: each }, () => aSummary());
  if (spoils > 0) summaries.splice(0, 1, spoiled());
  spoils = Math.max(0, spoils - 1);
  const snapshots = summaries.map(({ snapshot }) => snapshot);
  production.intended(snapshots);
  if (await commit(summaries)) production.committed(snapshots);
  uplink.wake();
  await sleep(everyMs);
}
process.send?.({ kind: 'resting' } satisfies ApplianceReport);

/** As another version might make it: of a camera whose id no relay accepts. */
function spoiled(): Summary {
  return aSummary({ camera: 'Gate 1' });
}

async function report(): Promise<void> {
  const { reasons = [] } = await health.condition();
  const { problem } = await uplink.status();
  const { forgotten } = await outbox.state();
  const lastError = problem ?? bus.status().lastError ?? null;
  process.send?.({ kind: 'condition', reasons, lastError, forgotten } satisfies ApplianceReport);
}

/** As the appliance does: what was found and its place in the outbox are one transaction. */
async function commit(summaries: Summary[]): Promise<boolean> {
  try {
    await db.transaction().execute(async (trx) => {
      for (const summary of summaries) {
        const payload = JSON.stringify(summary);
        await sql`insert into produced values (${summary.snapshot}, ${payload})`.execute(trx);
        await outbox.append(trx, summary);
      }
    });
    return true;
  } catch (error) {
    log.warn({ error: String(error) }, 'not committed');
    return false;
  }
}
