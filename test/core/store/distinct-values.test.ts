import test, { type ExecutionContext } from 'ava';
import { type Kysely, sql } from 'kysely';
import { openDatabase, openSharedDatabase } from '../../../core/store/database.js';
import { distinctValues } from '../../../core/store/distinct-values.js';
import { withPostgres } from '../../support/relay-databases.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Tables {
  thing: { place: string; kind: string | null };
}

const migrations = {
  '0001_thing': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('thing')
        .addColumn('place', 'text', (c) => c.notNull())
        .addColumn('kind', 'text')
        .execute();
      await db.schema.createIndex('by_kind').on('thing').columns(['place', 'kind']).execute();
    },
  },
};

const newDatabase = withPostgres(test);
const databases: [name: string, open: (t: ExecutionContext) => Promise<Kysely<Tables>>][] = [
  [
    'SQLite',
    async (t) => {
      const file = `${await temporaryFolder()}/things.db`;
      const { db, close } = await openDatabase<Tables>(file, migrations);
      t.teardown(close);
      return db;
    },
  ],
  [
    'PostgreSQL',
    async (t) => {
      const { db, close } = await openSharedDatabase<Tables>(
        await newDatabase(),
        migrations,
        (error) => t.log(error.message),
      );
      t.teardown(close);
      return db;
    },
  ],
];

for (const [name, open] of databases)
  test(`the different values of a column are read in order, without null (${name})`, async (t) => {
    const db = await open(t);
    t.deepEqual(await distinctValues(db, 'thing', 'kind'), []);
    const kinds = ['dog', null, 'cat', 'dog', "o'clock", 'cat'];
    await db
      .insertInto('thing')
      .values([
        ...kinds.map((kind) => ({ place: 'here', kind })),
        { place: 'there', kind: 'bird' },
        { place: 'nowhere', kind: null },
      ])
      .execute();
    t.deepEqual(await distinctValues(db, 'thing', 'kind'), ['bird', 'cat', 'dog', "o'clock"]);
    const of = (place: string) => distinctValues(db, 'thing', 'kind', sql`place = ${place}`);
    t.deepEqual(await of('here'), ['cat', 'dog', "o'clock"]);
    t.deepEqual(await of('there'), ['bird']);
    t.deepEqual(await of('nowhere'), []);
  });

for (const [name, open] of databases)
  test(`at most 2,000 different values are read (${name})`, async (t) => {
    const db = await open(t);
    const numbered = (i: number) => ({ place: 'here', kind: String(i).padStart(5, '0') });
    for (let from = 0; from < 3_000; from += 1_000)
      await db
        .insertInto('thing')
        .values(Array.from({ length: 1_000 }, (_, i) => numbered(from + i)))
        .execute();
    const found = await distinctValues(db, 'thing', 'kind', sql`place = ${'here'}`);
    t.is(found.length, 2_000);
    t.is(found.at(-1), '01999');
  });
