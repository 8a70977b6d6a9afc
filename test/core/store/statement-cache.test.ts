import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase, openSqlite } from '../../../core/store/database.js';
import { StatementCache } from '../../../core/store/statement-cache.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const newFile = async () => join(await temporaryFolder(), 'test.db');

test('a statement is prepared once; of many, the most recently used are kept', async (t) => {
  const cache = new StatementCache(openSqlite(await newFile()));
  t.teardown(() => cache.close());
  const select = (n: number) => cache.prepare(`select ${n} as n`);
  const [first, second] = [select(1), select(2)];
  t.is(select(1), first);
  for (let n = 3; n <= 129; n++) select(n);
  t.is(select(1), first);
  t.not(select(2), second);
  t.deepEqual(select(2).all([]), [{ n: 2 }]);
});

test('a long statement runs and is not kept', async (t) => {
  const cache = new StatementCache(openSqlite(await newFile()));
  t.teardown(() => cache.close());
  const long = `select ${Array.from({ length: 1000 }, () => '1').join('+')} as n`;
  t.deepEqual(cache.prepare(long).all([]), [{ n: 1000 }]);
  t.not(cache.prepare(long), cache.prepare(long));
});

test('a kept statement sees a changed schema, and an error leaves it usable', async (t) => {
  const { db, close } = await openDatabase<{ thing: { name: string } }>(await newFile(), {
    '0001_things': {
      async up(migrating) {
        await migrating.schema
          .createTable('thing')
          .addColumn('name', 'text', (c) => c.primaryKey())
          .execute();
      },
    },
  });
  t.teardown(close);
  const insert = (name: string) => db.insertInto('thing').values({ name }).execute();
  const all = () => db.selectFrom('thing').selectAll().execute();
  await insert('one');
  await t.throwsAsync(insert('one'), { any: true, code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  t.deepEqual(await all(), [{ name: 'one' }]);
  await sql`alter table thing add column colour text default 'red'`.execute(db);
  await insert('two');
  t.deepEqual(await all(), [
    { name: 'one', colour: 'red' },
    { name: 'two', colour: 'red' },
  ] as never);
});
