import test from 'ava';
import {
  type CompiledQuery,
  DummyDriver,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { compiledQuery } from '../../../core/store/compiled-query.js';
import { openDatabase } from '../../../core/store/database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Tables {
  thing: { name: string; size: number | null; kind: Generated<string> };
}
type Db = Kysely<Tables>;

const migrations = {
  '0001_thing': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('thing')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('size', 'integer')
        .addColumn('kind', 'text', (c) => c.notNull().defaultTo('plain'))
        .execute();
    },
  },
};

async function openThings() {
  const { db } = await openDatabase<Tables>(`${await temporaryFolder()}/things.db`, migrations);
  let built = 0;
  const insert = compiledQuery(
    { name: true, size: true },
    (things: Db, rows: { name: string; size: number | null }[]) => {
      built++;
      return things
        .insertInto('thing')
        .values(rows)
        .onConflict((c) => c.doNothing())
        .returning('name');
    },
  );
  return { db, insert, built: () => built };
}

test('a query is built once for each number of rows, and runs with the values of each call', async (t) => {
  const { db, insert, built } = await openThings();
  t.deepEqual(await insert(db, [{ name: 'a', size: 1 }]), [{ name: 'a' }]);
  t.deepEqual(await insert(db, [{ name: 'b', size: null }]), [{ name: 'b' }]);
  t.deepEqual(await insert(db, [{ name: 'b', size: 3 }]), []);
  const rows = [
    { name: 'c', size: 5 },
    { name: 'd', size: 6 },
  ];
  t.deepEqual(await insert(db, rows), [{ name: 'c' }, { name: 'd' }]);
  t.is(built(), 2);
  t.deepEqual(await db.selectFrom('thing').selectAll().orderBy('name').execute(), [
    { name: 'a', size: 1, kind: 'plain' },
    { name: 'b', size: null, kind: 'plain' },
    { name: 'c', size: 5, kind: 'plain' },
    { name: 'd', size: 6, kind: 'plain' },
  ]);
});

test('values that the query itself has stay, and a parameter may occur twice', async (t) => {
  const { db, insert } = await openThings();
  await insert(db, [
    { name: 'a', size: 1 },
    { name: 'b', size: 2 },
    { name: 'c', size: 3 },
  ]);
  const near = compiledQuery({ size: true }, (things: Db, [row]: { size: number }[]) =>
    things
      .selectFrom('thing')
      .select('name')
      .where('kind', '=', 'plain')
      .where('size', '>=', row?.size ?? 0)
      .where('size', '<=', row?.size ?? 0),
  );
  t.deepEqual(await near(db, [{ size: 2 }]), [{ name: 'b' }]);
  t.deepEqual(await near(db, [{ size: 3 }]), [{ name: 'c' }]);
});

test('very many rows are not remembered, and are stored all the same', async (t) => {
  const { db, insert, built } = await openThings();
  const rows = (from: number) =>
    Array.from({ length: 100 }, (_, i) => ({ name: `${from + i}`, size: i }));
  await insert(db, rows(0));
  await insert(db, rows(100));
  t.is(built(), 2);
  t.is((await db.selectFrom('thing').selectAll().execute()).length, 200);
});

test('what rows have beside the parameters is left out, of few rows and of many', async (t) => {
  const { db, insert } = await openThings();
  const rows = (from: number, length: number) =>
    Array.from({ length }, (_, i) => ({ name: `${from + i}`, size: i, note: 'no column' }));
  await insert(db, rows(0, 1));
  await insert(db, rows(1, 100));
  t.is((await db.selectFrom('thing').selectAll().execute()).length, 101);
});

test('within a transaction it is a part of it', async (t) => {
  const { db, insert } = await openThings();
  const failed = db.transaction().execute(async (transaction) => {
    await insert(transaction, [{ name: 'a', size: 1 }]);
    throw new Error('rolled back');
  });
  await t.throwsAsync(failed, { message: 'rolled back' });
  t.deepEqual(await db.selectFrom('thing').selectAll().execute(), []);
});

test('each kind of database has its own form of the query', async (t) => {
  const { db, insert, built } = await openThings();
  await insert(db, [{ name: 'a', size: 1 }]);
  const sent: CompiledQuery[] = [];
  const postgres: Db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (other) => new PostgresIntrospector(other),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => {
      sent.push(query);
    },
  });
  await insert(postgres, [{ name: 'b', size: 2 }]);
  t.is(built(), 2);
  t.is(
    sent[0]?.sql,
    'insert into "thing" ("name", "size") values ($1, $2) on conflict do nothing returning "name"',
  );
  t.deepEqual(sent[0]?.parameters, ['b', 2]);
});
