import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import { Outbox } from '../../../edge/store/outbox.js';
import { OutboxTrimmer } from '../../../edge/uplink/outbox-trimmer.js';
import { aSummary, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('the trimmer evicts what became too old, wakes the uplink, and logs how many summaries it evicted', async (t) => {
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  let now = Date.parse('2026-05-01T10:00:00Z');
  const outbox = new Outbox(db, () => now, { maxBytes: 2 ** 30, maxAgeMs: 60_000 });
  const lines: { evicted?: number; waiting?: number }[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  let woken = 0;
  const trimmer = new OutboxTrimmer(outbox, () => woken++, log);
  const add = (count: number) =>
    db.transaction().execute(async (trx) => {
      for (let i = 0; i < count; i++) await outbox.append(trx, aSummary());
    });

  await add(4);
  await trimmer.trim();
  t.deepEqual([woken, lines.length], [0, 0]);
  now += 60_001;
  await add(1);
  await trimmer.trim();
  await trimmer.trim();
  t.is(woken, 1);
  t.is(lines.length, 1);
  t.like(lines[0], { evicted: 4, waiting: 1 });
});
