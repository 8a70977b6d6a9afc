import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import { type Migrations, openDatabase } from '../../../core/store/database.js';
import { tableSet, tablesOf } from '../../../core/store/table-set.js';
import { unitOfWork } from '../../../core/store/unit-of-work.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface FruitTables {
  fruit: { name: string };
}
interface StoneTables {
  stone: { name: string };
}

const fruitTables = tableSet<FruitTables>({ fruit: true });
const stoneTables = tableSet<StoneTables>({ stone: true });

const migrations: Migrations = {
  '0001_fruit': {
    async up(db) {
      await db.schema.createTable('fruit').addColumn('name', 'text').execute();
    },
  },
  '0002_stones': {
    async up(db) {
      await db.schema.createTable('stone').addColumn('name', 'text').execute();
    },
  },
};

async function opened(t: ExecutionContext, names = Object.keys(migrations)) {
  const chosen = Object.entries(migrations).filter(([name]) => names.includes(name));
  const file = join(await temporaryFolder(), 'test.db');
  const { db, close } = await openDatabase<FruitTables & StoneTables>(
    file,
    Object.fromEntries(chosen),
  );
  t.teardown(close);
  return db;
}

const names = async (db: Kysely<FruitTables>): Promise<string[]> =>
  (await db.selectFrom('fruit').select('name').execute()).map(({ name }) => name);

test('two parts write to their own tables in one transaction, and its value is returned', async (t) => {
  const db = await opened(t);
  const value = await unitOfWork(db, async (transaction) => {
    await transaction.of(fruitTables).insertInto('fruit').values({ name: 'plum' }).execute();
    await transaction.of(stoneTables).insertInto('stone').values({ name: 'flint' }).execute();
    return names(transaction.of(fruitTables));
  });
  t.deepEqual(value, ['plum']);
  t.deepEqual(await names(tablesOf(db, fruitTables)), ['plum']);
  t.deepEqual(await db.selectFrom('stone').selectAll().execute(), [{ name: 'flint' }]);
});

test('if one part fails, neither has written', async (t) => {
  const db = await opened(t);
  const work = unitOfWork(db, async (transaction) => {
    await transaction.of(fruitTables).insertInto('fruit').values({ name: 'plum' }).execute();
    throw new Error('no stones');
  });
  await t.throwsAsync(work, { message: 'no stones' });
  t.deepEqual(await names(tablesOf(db, fruitTables)), []);
});

test('a part whose tables the database lacks is refused', async (t) => {
  const db = await opened(t, ['0001_fruit']);
  t.notThrows(() => tablesOf(db, fruitTables));
  t.throws(() => tablesOf(db, stoneTables), { message: 'the database has no table stone' });
  await t.throwsAsync(
    unitOfWork(db, async (transaction) => transaction.of(stoneTables)),
    { message: 'the database has no table stone' },
  );
});

test('tables that the type of a database does not have do not compile', async (t) => {
  const fruit = tablesOf(await opened(t), fruitTables);
  // @ts-expect-error A connection over the fruit gives no access to the stones.
  t.notThrows(() => tablesOf(fruit, stoneTables));
});
