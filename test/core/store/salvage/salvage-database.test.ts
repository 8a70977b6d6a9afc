import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { type Migrations, openDatabase } from '../../../../core/store/database.js';
import { isJson, isText } from '../../../../core/store/salvage/plausible.js';
import {
  type SalvagePlan,
  salvageDatabase,
} from '../../../../core/store/salvage/salvage-database.js';
import * as damage from '../../../support/damage.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const ROWS = 2_000;
/** Some rows continue on overflow pages. */
const LONG = 'long '.repeat(3_000);

interface Tables {
  /** Its rowid is not a column. */
  thing: { name: string; colour: string; size: number };
  /** Its key is the rowid. */
  record: { seq: number; payload: string };
}

const migrations: Migrations = {
  '0001_tables': {
    async up(db) {
      await db.schema
        .createTable('thing')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('colour', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('record')
        .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('payload', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('record_payload').on('record').column('payload').execute();
    },
  },
  '0002_size': {
    async up(db) {
      await db.schema
        .alterTable('thing')
        .addColumn('size', 'bigint', (c) => c.notNull().defaultTo(5))
        .execute();
    },
  },
};

const plan: SalvagePlan = {
  migrations,
  plausible: {
    record: ({ payload }) => isJson(payload),
    thing: ({ name }) => isText(name, /^thing /),
  },
};

/** Half of the things are from before the second migration; as many records were removed as are left. */
async function database(): Promise<string> {
  const file = join(await temporaryFolder(), 'a.db');
  const first = { '0001_tables': migrations['0001_tables'] } as Migrations;
  const { sqlite, close } = await openDatabase<Tables>(file, first);
  const things = sqlite.prepare('insert into thing (name, colour) values (?, ?)');
  const records = sqlite.prepare('insert into record (payload) values (?)');
  sqlite.transaction(() => {
    for (let i = 0; i < ROWS / 2; i++) things.run(`thing ${i}`, 'grün');
    for (let i = 0; i < ROWS * 2; i++)
      records.run(JSON.stringify({ i, text: i % 500 === 0 ? LONG : 'short' }));
    sqlite.exec(`delete from record where seq <= ${ROWS}`);
  })();
  await close();
  const second = await openDatabase<Tables>(file, migrations);
  const more = second.sqlite.prepare('insert into thing (name, colour, size) values (?, ?, ?)');
  second.sqlite.transaction(() => {
    for (let i = ROWS / 2; i < ROWS; i++) more.run(`thing ${i}`, 'rot', i);
  })();
  await second.close();
  return file;
}

const rowsOf = (file: string, table: string): unknown[] => {
  const sqlite = new Sqlite(file, { readonly: true });
  const rows = sqlite.prepare(`select rowid, * from ${table} order by rowid`).raw().all();
  sqlite.close();
  return rows;
};

/** Salvages a damaged copy; checks that the new database is sound, and has no row that the original had not. */
async function salvaged(t: ExecutionContext, hurt: (file: string) => void) {
  const original = await database();
  const copy = `${original}.copy`;
  copyFileSync(original, copy);
  hurt(copy);
  const to = `${original}.new`;
  const { losses } = await salvageDatabase(copy, to, plan);
  const sqlite = new Sqlite(to);
  t.is(sqlite.pragma('integrity_check', { simple: true }), 'ok');
  sqlite.prepare("insert into record (payload) values ('{}')").run();
  t.is(sqlite.prepare('select max(seq) from record').pluck().get(), ROWS * 2 + 1);
  sqlite.prepare('delete from record where seq > ?').run(ROWS * 2);
  sqlite.close();
  const kept = (table: string) => {
    const known = new Set(rowsOf(original, table).map((row) => JSON.stringify(row)));
    const rows = rowsOf(to, table).map((row) => JSON.stringify(row));
    t.true(rows.every((row) => known.has(row)));
    return rows.length;
  };
  return { things: kept('thing'), records: kept('record'), losses, original };
}

const ALL = { things: ROWS, records: ROWS, losses: [] };

test('a sound database is copied as it is, with defaults of columns that were added later', async (t) => {
  const { original: _, ...found } = await salvaged(t, () => undefined);
  t.deepEqual(found, ALL);
});

for (const [name, hurt] of Object.entries<(file: string) => void>({
  'without its header': damage.zeroHeader,
  'with a damaged root of an index': (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'record_payload', 'internal').slice(0, 1), 12),
  'with a damaged leaf of an index': (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'record_payload', 'leaf').slice(3, 4)),
  'with a damaged list of free pages': (file) =>
    damage.overwrite(file, 32, Buffer.from('00ffffff', 'hex')),
}))
  test(`a database ${name} loses no row`, async (t) => {
    const { original: _, ...found } = await salvaged(t, hurt);
    t.deepEqual(found, ALL);
  });

test('a table whose root is damaged loses no row, and none of its removed rows returns', async (t) => {
  const { things, records, losses } = await salvaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'record', 'internal')),
  );
  t.is(things, ROWS);
  t.is(records, ROWS);
  t.deepEqual(losses, [{ table: 'record', kept: ROWS, lost: 0 }]);
});

test('a damaged leaf costs its own rows, which are counted', async (t) => {
  const { things, records, losses } = await salvaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'record', 'leaf').slice(2, 3)),
  );
  t.is(things, ROWS);
  t.true(records < ROWS && records > ROWS - 200);
  t.deepEqual(losses, [{ table: 'record', kept: records, lost: ROWS - records }]);
});

test('a row whose content is damaged is left out, and its neighbours stay', async (t) => {
  const { records, losses } = await salvaged(t, (file) => {
    const [, , , page = 0] = damage.pagesOf(file, 'record', 'leaf');
    const at = readFileSync(file).indexOf('"text"', (page - 1) * 4_096);
    damage.overwrite(file, at, Buffer.from([0xff]));
  });
  t.is(records, ROWS - 1);
  t.deepEqual(losses, [{ table: 'record', kept: ROWS - 1, lost: 1 }]);
});

test('a row whose overflow page is missing is left out', async (t) => {
  const { records, losses } = await salvaged(t, (file) => {
    const pages = damage.pagesOf(file, 'record', 'overflow');
    damage.overwrite(file, ((pages[0] ?? 0) - 1) * 4_096, Buffer.from('7fffffff', 'hex'));
  });
  t.is(records, ROWS - 1);
  t.is(losses[0]?.lost, 1);
});

test('without its schema, tables are recognised by their rows', async (t) => {
  const { things, records, losses } = await salvaged(t, (file) => damage.damagePages(file, [1]));
  t.is(things, ROWS);
  t.is(records, ROWS);
  t.deepEqual(losses.map(({ table }) => table).sort(), ['record', 'thing']);
});

test('half a file gives the rows in it', async (t) => {
  const { things, records, losses } = await salvaged(t, damage.truncateToHalf);
  t.true(things + records > ROWS / 4 && things + records < 2 * ROWS);
  t.true(losses.length > 0);
});

test('a text file gives an empty database, and every table counts as lost', async (t) => {
  const original = await database();
  damage.replaceByText(original);
  const { losses } = await salvageDatabase(original, `${original}.new`, plan);
  t.deepEqual(losses, [{ table: 'every table', kept: 0, lost: null }]);
});
