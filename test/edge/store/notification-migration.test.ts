import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { notificationTables } from '../../../core/notifications/tables.js';
import { totalTable } from '../../../core/notifications/total-table.js';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { startEdge } from '../../support/edge.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The schema of the version before. */
const before = Object.fromEntries(Object.entries(edgeMigrations).filter(([name]) => name < '0014'));

test('an upgrade keeps what is there, and the events from before are told to nobody', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'edge.db');
  const old = await openDatabase<EdgeTables>(file, before);
  const event = { event_type: 'appeared', at: '2026-01-01T00:00:00.000Z', camera: 'gate' };
  await sql`insert into site_event (payload) values (${JSON.stringify(event)})`.execute(old.db);
  await old.close();
  const edge = await startEdge(
    [
      'notifications.ways=[{ id: hook, kind: webhook, url: "http://127.0.0.1:9/" }]',
      'notifications.rules=[{ id: all, when: appeared, ways: [hook] }]',
    ],
    { dataFolder },
  );
  await edge.stop();
  t.true(existsSync(`${file}.before-0014_managed_cameras`), 'a copy from before the upgrade');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const { count } = await db
    .selectFrom('site_event')
    .select((q) => q.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  t.is(count, 1);
  const notifications = tablesOf(db, notificationTables);
  t.like(await totalTable.read(notifications), { delivered: 0, failed: 0, dropped: 0, missed: 0 });
  t.deepEqual(await db.selectFrom('notification_delivery').select('id').execute(), []);
});
