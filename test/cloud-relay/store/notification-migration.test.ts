import test from 'ava';
import { type Kysely, sql } from 'kysely';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { siteIds } from '../../../cloud-relay/store/site-table.js';
import { definitionTable } from '../../../core/notifications/definition-table.js';
import { type NotificationTables, notificationTables } from '../../../core/notifications/tables.js';
import { totalTable } from '../../../core/notifications/total-table.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { withPostgres } from '../../support/relay-databases.js';
import { upgradedRelay } from '../../support/upgraded-relay.js';

const newPostgres = withPostgres(test);

for (const name of ['SQLite', 'PostgreSQL'] as const)
  test(`an upgrade keeps the sites and makes room for rules and messages (${name})`, async (t) => {
    const fill = async (db: Kysely<RelayTables>) => {
      await sql`insert into site (id, created_at) values ('north', 1)`.execute(db);
    };
    const db = await upgradedRelay(t, name, { from: '0012', fill, newPostgres });
    t.deepEqual(await siteIds(db), ['north']);
    const own = tablesOf(db as unknown as Kysely<NotificationTables>, notificationTables);
    await definitionTable.put(own, 'rule', 'a', { id: 'a' }, Date.now());
    t.deepEqual(await definitionTable.list(own, 'rule'), [{ id: 'a' }]);
    await totalTable.add(own, 'delivered', 2);
    await totalTable.add(own, 'delivered', 3);
    t.is((await totalTable.read(own)).delivered, 5);
  });
