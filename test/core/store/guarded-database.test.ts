import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { silentLogger } from '../../../core/runtime/logger.js';
import type { Migrations } from '../../../core/store/database.js';
import { damagedFiles } from '../../../core/store/database-files.js';
import { type GuardOptions, openGuarded } from '../../../core/store/guarded-database.js';
import { RepairLog } from '../../../core/store/repair-log.js';
import * as damage from '../../support/damage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ROWS = 1_000;

interface Tables {
  thing: { id: number; name: string };
}

const migrations: Migrations = {
  '0001_things': {
    async up(db) {
      await db.schema
        .createTable('thing')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull().unique())
        .execute();
    },
  },
};

async function options(changes: Partial<GuardOptions> = {}): Promise<GuardOptions> {
  const folder = await temporaryFolder();
  return {
    file: join(folder, 'a.db'),
    plan: { migrations },
    traces: [join(folder, 'token')],
    program: 'siteglass-edge',
    log: silentLogger(),
    checkMs: 60_000,
    ...changes,
  };
}

/** Opens the database, counts its things, and closes it. */
async function session(guardOptions: GuardOptions) {
  const { sqlite, guard, close } = await openGuarded<Tables>(guardOptions);
  const count = sqlite.prepare('select count(*) from thing').pluck().get() as number;
  const reasons = guard.reasons();
  await close();
  return { count, reasons };
}

/** A database with rows that was closed properly. */
async function filled(changes: Partial<GuardOptions> = {}): Promise<GuardOptions> {
  const guardOptions = await options(changes);
  const { sqlite, close } = await openGuarded<Tables>(guardOptions);
  const insert = sqlite.prepare('insert into thing (name) values (?)');
  sqlite.transaction(() => {
    for (let i = 0; i < ROWS; i++) insert.run(`thing ${i} ${'x'.repeat(50)}`);
  })();
  await close();
  return guardOptions;
}

const filesBeside = (file: string) =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .map((name) => name.replace(/damaged-.*Z/, 'damaged-TIME'))
    .sort();

async function repaired(t: ExecutionContext, guardOptions: GuardOptions) {
  const first = await session(guardOptions);
  t.is(first.reasons.length, 1);
  t.regex(first.reasons[0] ?? '', /^a\.db was damaged \(.+\) and repaired at .* UTC; /);
  t.regex(first.reasons[0] ?? '', /siteglass-edge database accept/);
  t.deepEqual(
    await session(guardOptions),
    first,
    'the next start reports it again, and repairs nothing',
  );
  return first;
}

for (const [name, hurt, least] of [
  ['without its header', damage.zeroHeader, ROWS],
  [
    'with a damaged root of an index',
    (file) =>
      damage.damagePages(file, damage.pagesOf(file, 'sqlite_autoindex_thing_1', 'internal'), 12),
    ROWS,
  ],
  [
    'with a damaged root of a table',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'thing', 'internal')),
    ROWS,
  ],
  [
    'with a damaged leaf',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'thing', 'leaf').slice(1, 2)),
    ROWS - 100,
  ],
  ['of which half is left', damage.truncateToHalf, 1],
  ['that is a text', damage.replaceByText, 0],
] as [string, (file: string) => void, number][])
  test(`a database ${name} is repaired at the start, and the damaged file stays`, async (t) => {
    const guardOptions = await filled();
    hurt(guardOptions.file);
    const bytes = readFileSync(guardOptions.file);
    const { count } = await repaired(t, guardOptions);
    t.true(count >= least && (least === ROWS || count < ROWS), String(count));
    const [kept = ''] = damagedFiles(guardOptions.file);
    t.deepEqual(readFileSync(kept), bytes);
    t.deepEqual(filesBeside(guardOptions.file), [
      'a.db',
      'a.db.closed',
      'a.db.damaged-TIME',
      'a.db.repairs.json',
    ]);
  });

test('a sound database is not repaired, whether it was closed properly or not', async (t) => {
  const guardOptions = await filled();
  t.deepEqual(await session(guardOptions), { count: ROWS, reasons: [] });
  rmSync(`${guardOptions.file}.closed`);
  t.deepEqual(await session(guardOptions), { count: ROWS, reasons: [] });
});

test('only a database that was not closed, or changed since, is checked', async (t) => {
  const guardOptions = await filled();
  const { file } = guardOptions;
  damage.damagePages(file, damage.pagesOf(file, 'thing', 'leaf').slice(1, 2));
  const { size, mtimeMs } = statSync(file);
  writeFileSync(`${file}.closed`, `${size} ${mtimeMs}`);
  const { guard, close } = await openGuarded<Tables>(guardOptions);
  t.deepEqual(guard.reasons(), []);
  await close();
  rmSync(`${file}.closed`);
  await repaired(t, guardOptions);
});

test('a check that takes long goes on beside the program, which then restarts', async (t) => {
  const guardOptions = await filled({ checkMs: 0 });
  damage.damagePages(
    guardOptions.file,
    damage.pagesOf(guardOptions.file, 'thing', 'leaf').slice(1, 2),
  );
  const { guard, close } = await openGuarded<Tables>(guardOptions);
  t.is(guard.fault, undefined);
  await guard.restart.due;
  t.regex(guard.fault ?? '', /a\.db is damaged/);
  await close();
  await repaired(t, { ...guardOptions, checkMs: 60_000 });
});

test('a database that is emptied, removed or replaced by one without tables is no new one', async (t) => {
  for (const hurt of [
    damage.empty,
    (file: string) => rmSync(file),
    (file: string) => {
      rmSync(file);
      new Sqlite(file).exec('pragma user_version = 1').close();
    },
  ]) {
    const guardOptions = await filled();
    writeFileSync(join(dirname(guardOptions.file), 'token'), 'secret');
    hurt(guardOptions.file);
    const { count, reasons } = await repaired(t, guardOptions);
    t.is(count, 0);
    t.regex(reasons[0] ?? '', /the file (is empty|is missing|holds no tables)/);
    t.regex(reasons[0] ?? '', /lost: an unknown number of rows of (every table|thing)/);
  }
});

test('without a trace of an earlier life a missing or empty database is a new one', async (t) => {
  const guardOptions = await options();
  t.deepEqual(await session(guardOptions), { count: 0, reasons: [] });
  const other = await options();
  writeFileSync(other.file, '');
  t.deepEqual(await session(other), { count: 0, reasons: [] });
});

/** A copy of a database while its write-ahead log holds rows. */
async function interrupted(changeLog: (wal: string) => void): Promise<GuardOptions> {
  const guardOptions = await filled();
  const { file } = guardOptions;
  const { sqlite, close } = await openGuarded<Tables>(guardOptions);
  sqlite.pragma('wal_checkpoint(truncate)');
  for (let i = 0; i < 100; i++)
    sqlite.prepare('insert into thing (name) values (?)').run(`late ${i}`);
  const copies = ['', '-wal'].map(
    (end) => [`${file}${end}`, readFileSync(`${file}${end}`)] as const,
  );
  await close();
  rmSync(`${file}.closed`);
  for (const [path, bytes] of copies) writeFileSync(path, bytes);
  changeLog(`${file}-wal`);
  return guardOptions;
}

test('after a bad frame of the write-ahead log, what was committed before it is there', async (t) => {
  const guardOptions = await interrupted((wal) =>
    damage.overwrite(wal, Math.floor(statSync(wal).size / 2), damage.noise(100)),
  );
  const { count, reasons } = await repaired(t, guardOptions);
  t.true(count > ROWS && count < ROWS + 100, String(count));
  t.regex(
    reasons[0] ?? '',
    /the write-ahead log has a damaged frame, so what was recorded last may/,
  );
});

test('a write-ahead log of garbage is set aside, and named', async (t) => {
  const guardOptions = await interrupted((wal) => writeFileSync(wal, damage.noise(200_000)));
  const { count, reasons } = await repaired(t, guardOptions);
  t.is(count, ROWS);
  t.regex(reasons[0] ?? '', /the write-ahead log has no valid header/);
});

test('a write-ahead log that ends within a transaction is as a power failure leaves it', async (t) => {
  const guardOptions = await interrupted((wal) => truncateSync(wal, statSync(wal).size - 2_000));
  t.deepEqual(await session(guardOptions), { count: ROWS + 99, reasons: [] });
  const torn = await interrupted((wal) =>
    damage.overwrite(wal, statSync(wal).size - 2_000, damage.noise(100)),
  );
  t.deepEqual(await session(torn), { count: ROWS + 99, reasons: [] });
});

test('a sound write-ahead log loses nothing', async (t) => {
  const guardOptions = await interrupted(() => undefined);
  t.deepEqual(await session(guardOptions), { count: ROWS + 100, reasons: [] });
});

test('a repair takes the committed rows of the write-ahead log too', async (t) => {
  const guardOptions = await interrupted(() => undefined);
  damage.damagePages(
    guardOptions.file,
    damage.pagesOf(guardOptions.file, 'thing', 'leaf').slice(1, 2),
  );
  const { count } = await repaired(t, guardOptions);
  t.true(count > ROWS && count < ROWS + 100, String(count));
  t.is(damagedFiles(guardOptions.file).length, 1);
  t.true(existsSync(`${damagedFiles(guardOptions.file)[0]}-wal`));
});

test('the log alone gives its rows if the database file is emptied', async (t) => {
  const guardOptions = await interrupted(() => undefined);
  damage.empty(guardOptions.file);
  const { count } = await repaired(t, guardOptions);
  t.true(count >= 50, String(count));
});

test('damage that a statement meets is reported once, and the next start repairs it', async (t) => {
  const guardOptions = await filled();
  const { file } = guardOptions;
  const leaves = damage.pagesOf(file, 'thing', 'leaf');
  const { db, guard, close } = await openGuarded<Tables>(guardOptions);
  damage.damagePages(file, leaves);
  t.deepEqual(guard.reasons(), []);
  await t.throwsAsync(db.selectFrom('thing').selectAll().execute(), {
    any: true,
    message: /malformed/,
  });
  await guard.restart.due;
  t.regex(
    guard.reasons().join(),
    /the database .*a\.db is damaged \(database disk image is malformed\)/,
  );
  t.regex(guard.fault ?? '', /is damaged/);
  await close();
  const { count, reasons } = await repaired(t, guardOptions);
  t.is(count, 0);
  t.regex(reasons[0] ?? '', /malformed/);
});

test('a program that runs does not repair again and again', async (t) => {
  const guardOptions = await filled();
  damage.zeroHeader(guardOptions.file);
  const { guard, close } = await openGuarded<Tables>(guardOptions);
  guard.found(new Error('again'));
  const outcome = await Promise.race([guard.restart.due.then(() => 'due'), delay(50, 'later')]);
  t.is(outcome, 'later');
  t.is(guard.reasons().length, 2);
  await close();
});

test('at most three damaged files are kept', async (t) => {
  const guardOptions = await filled();
  for (let i = 0; i < 5; i++) {
    damage.zeroHeader(guardOptions.file);
    t.is((await session(guardOptions)).count, ROWS);
  }
  t.is(damagedFiles(guardOptions.file).length, 3);
  t.is(new RepairLog(guardOptions.file).read().length, 5);
});

test('a replacement that was interrupted is completed, with the log out of its way', async (t) => {
  const guardOptions = await filled();
  const { file } = guardOptions;
  writeFileSync(`${file}.repaired`, readFileSync(file));
  writeFileSync(`${file}.repairing`, 'half a database');
  rmSync(file);
  writeFileSync(`${file}-wal`, damage.noise(1_000));
  t.deepEqual(await session(guardOptions), { count: ROWS, reasons: [] });
  t.deepEqual(filesBeside(file), ['a.db', 'a.db.closed', 'a.db.damaged-TIME-wal']);
});
