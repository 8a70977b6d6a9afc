import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import Sqlite from 'better-sqlite3';
import { StartError } from '../../../core/runtime/errors.js';
import { type Migrations, openDatabase, openSqlite } from '../../../core/store/database.js';
import { kyselyOver } from '../../../core/store/dialect.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Tables {
  thing: { name: string };
}

const first: Migrations = {
  '0001_things': {
    async up(db) {
      await db.schema.createTable('thing').addColumn('name', 'text').execute();
    },
  },
};
const second: Migrations = {
  ...first,
  '0002_colour': {
    async up(db) {
      await db.schema.alterTable('thing').addColumn('colour', 'text').execute();
    },
  },
};
const broken: Migrations = {
  ...first,
  '0002_half': {
    async up(db) {
      await db.schema.createTable('half').addColumn('a', 'text').execute();
      throw new Error('no way');
    },
  },
};

async function fileWithThing() {
  const file = join(await temporaryFolder(), 'deeper', 'test.db');
  const { db, close } = await openDatabase<Tables>(file, first);
  await db.insertInto('thing').values({ name: 'one' }).execute();
  await close();
  return file;
}

const count = (file: string, table: string) => {
  const sqlite = new Sqlite(file, { readonly: true });
  const n = sqlite.prepare(`select count(*) from sqlite_master where name = ?`).pluck().get(table);
  sqlite.close();
  return n;
};

test('committed data has reached the disk', async (t) => {
  const { sqlite, close } = await openDatabase<Tables>(
    join(await temporaryFolder(), 'test.db'),
    first,
  );
  t.is(sqlite.pragma('journal_mode', { simple: true }), 'wal');
  t.is(sqlite.pragma('synchronous', { simple: true }), 2);
  await close();
});

test('a database is backed up next to itself before its schema changes, and keeps its rows', async (t) => {
  const file = await fileWithThing();
  const { db, close } = await openDatabase<Tables>(file, second);
  t.deepEqual(await db.selectFrom('thing').select('name').execute(), [{ name: 'one' }]);
  await close();
  const backup = new Sqlite(`${file}.before-0002_colour`, { readonly: true });
  t.deepEqual(backup.prepare('select * from thing').all(), [{ name: 'one' }]);
  backup.close();
});

test('opening a current database changes nothing and backs up nothing', async (t) => {
  const file = await fileWithThing();
  await (await openDatabase<Tables>(file, first)).close();
  t.false(existsSync(`${file}.before-0001_things`));
});

test('a database of a newer version is refused, naming the unknown migrations', async (t) => {
  const file = await fileWithThing();
  await (await openDatabase<Tables>(file, second)).close();
  const error = await t.throwsAsync(openDatabase<Tables>(file, first), { instanceOf: StartError });
  t.regex(error?.message ?? '', /newer version.*0002_colour/);
  await t.notThrowsAsync(openDatabase<Tables>(file, second).then(({ close }) => close()));
});

test('a failed migration leaves the database as it was', async (t) => {
  const file = await fileWithThing();
  await t.throwsAsync(openDatabase<Tables>(file, broken), { message: 'no way' });
  t.is(count(file, 'half'), 0);
  await t.notThrowsAsync(openDatabase<Tables>(file, second).then(({ close }) => close()));
});

test('what a transaction reads and then writes stays as it is: another process waits from its beginning', async (t) => {
  const file = await fileWithThing();
  const ofService = await openDatabase<Tables>(file, first);
  const ofCommand = kyselyOver<Tables>(openSqlite(file));
  const other = new Sqlite(file, { timeout: 0 });
  t.teardown(async () => {
    other.close();
    await ofCommand.destroy();
    await ofService.close();
  });
  const write = () => other.exec(`insert into thing (name) values ('from elsewhere')`);
  for (const db of [ofService.db, ofCommand]) {
    await db.transaction().execute(async (trx) => {
      const { length } = await trx.selectFrom('thing').selectAll().execute();
      t.throws(write, { any: true, code: 'SQLITE_BUSY' });
      await trx
        .insertInto('thing')
        .values({ name: `after ${length}` })
        .execute();
    });
    t.notThrows(write);
  }
});
