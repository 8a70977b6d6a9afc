import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('a long loop of statements lets timers run between them, also within a transaction', async (t) => {
  const { db, close } = await openDatabase<Record<string, never>>(
    join(await temporaryFolder(t), 'a.db'),
    {},
  );
  t.teardown(close);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  t.teardown(() => clearInterval(timer));
  const work = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    select count(*) from n`;
  const startedAt = performance.now();
  for (let i = 0; i < 60; i++) await work.execute(db);
  t.true(turns >= 3, `${turns} turns in ${performance.now() - startedAt} ms`);
  turns = 0;
  await db.transaction().execute(async (trx) => {
    for (let i = 0; i < 60; i++) await work.execute(trx);
  });
  t.true(turns >= 3, `${turns} turns within a transaction`);
});

test('statements of others wait until a transaction that was paused has ended', async (t) => {
  const { db, close } = await openDatabase<Record<string, never>>(
    join(await temporaryFolder(t), 'a.db'),
    {},
  );
  t.teardown(close);
  await sql`create table counted (n integer)`.execute(db);
  const work = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
    select count(*) from n`;
  const order: string[] = [];
  await Promise.all([
    db.transaction().execute(async (trx) => {
      for (let i = 0; i < 20; i++) {
        await work.execute(trx);
        await sql`insert into counted values (1)`.execute(trx);
      }
      order.push('transaction');
    }),
    sql<{ n: number }>`select count(*) as n from counted`.execute(db).then(({ rows }) => {
      order.push(`others saw ${rows[0]?.n}`);
    }),
  ]);
  t.deepEqual(order, ['transaction', 'others saw 20']);
});
