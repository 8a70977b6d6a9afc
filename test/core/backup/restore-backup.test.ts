import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import type { BackupPlan } from '../../../core/backup/backup-plan.js';
import { stagedData } from '../../../core/backup/replace-contents.js';
import { stageBackup } from '../../../core/backup/restore-backup.js';
import { type MadeFile, manifestOf, tarOf } from '../../support/tar.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const planFor = (dataFolder: string): BackupPlan => ({
  program: 'siteglass-edge',
  dataFolder,
  database: 'edge.db',
  migrations: ['0001_first', '0002_second'],
  label: 'site',
  prepare: [],
  kept: [],
});

const HEADER = {
  format: 1,
  program: 'siteglass-edge',
  version: '0.1.0',
  label: 'site',
  createdAt: '2026-11-27T12:00:00.000Z',
  migrations: ['0001_first'],
  images: true,
};

const json = (path: string, value: unknown): MadeFile => ({
  path,
  content: Buffer.from(JSON.stringify(value)),
});
const file = (path: string, text = 'x'): MadeFile => ({ path, content: Buffer.from(text) });

function databaseOf(folder: string, more = ''): MadeFile {
  const path = join(folder, 'made.db');
  const sqlite = new Sqlite(path);
  sqlite.exec(`create table kysely_migration (name text, timestamp text);
    insert into kysely_migration values ('0001_first', ''); ${more}`);
  sqlite.close();
  return { path: 'data/edge.db', content: readFileSync(path) };
}

interface Tried {
  header?: object;
  files?: (good: MadeFile) => MadeFile[];
  more?: string;
  /** Changes the finished archive. */
  archive?: (archive: Buffer) => Buffer;
  manifest?: (files: MadeFile[]) => MadeFile[];
}

async function attempt(t: ExecutionContext, tried: Tried) {
  const folder = await temporaryFolder(t);
  const dataFolder = join(folder, 'data-folder');
  mkdirSync(dataFolder);
  writeFileSync(join(dataFolder, 'edge.db'), 'the present database');
  const good = databaseOf(folder, tried.more);
  const files = [
    json('backup.json', { ...HEADER, ...tried.header }),
    ...(tried.files ?? ((database) => [file('data/admin-token'), database]))(good),
  ];
  const manifest = (tried.manifest ?? ((all) => [manifestOf(all)]))(files);
  const path = join(folder, 'backup.tar');
  const archive = tarOf([...files, ...manifest]);
  writeFileSync(path, tried.archive?.(archive) ?? archive);
  const source = await open(path);
  t.teardown(() => source.close());
  return { folder, dataFolder, staged: stageBackup(planFor(dataFolder), source) };
}

test('a sound archive is staged, and the present data is not touched', async (t) => {
  const { dataFolder, staged } = await attempt(t, {});
  t.is((await staged).files, 2);
  t.deepEqual(readdirSync(stagedData(dataFolder)).sort(), ['admin-token', 'edge.db']);
  t.is(readFileSync(join(dataFolder, 'edge.db'), 'utf8'), 'the present database');
  t.is(statSync(join(stagedData(dataFolder), 'admin-token')).mode & 0o777, 0o600);
});

const withFile = (path: string): Tried => ({ files: (database) => [file(path), database] });
function linkTo(header: Buffer, type: string): void {
  header.write(type, 156);
  header.write('/etc/passwd', 157);
}

const linked = (type: string): Tried => ({
  files: (database) => [{ ...file('data/link'), change: (h) => linkTo(h, type) }, database],
});

const contentOf = ({ content }: MadeFile): Buffer => content ?? Buffer.alloc(0);
/** A line of a manifest with a path that no archive has. */
const LONGER = Buffer.from(`${'0'.repeat(64)}  data/x\u001b[2J\n`);

const hostile: [what: string, tried: Tried, message: RegExp][] = [
  ['a path that leads out of the folder', withFile('data/../../escaped'), /no file/],
  ['a path with a parent within', withFile('data/images/../../../escaped'), /no file/],
  ['an absolute path', withFile('/tmp/escaped'), /no file/],
  ['a path outside data/', withFile('escaped'), /no file/],
  ['an empty part of a path', withFile('data//escaped'), /no file/],
  ['a backslash in a path', withFile('data/..\\escaped'), /no file/],
  ['a control character in a path', withFile('data/a\nb'), /no file/],
  ['a path of many levels', withFile(`data/${'a/'.repeat(20)}b`), /no file/],
  ['a lock', withFile('data/lock'), /no file/],
  ['a write-ahead log for the database', withFile('data/edge.db-wal'), /no file/],
  ['the state of a replacement', withFile('data/restore.json'), /no file/],
  ['contents for the staged folder', withFile('data/restore.new/x'), /no file/],
  ['a symbolic link', linked('2'), /not a file/],
  ['a hard link', linked('1'), /not a file/],
  ['a device', linked('3'), /not a file/],
  [
    'a label that changes the terminal',
    { header: { label: '\u001b]0;owned\u0007site' } },
    /header is invalid/,
  ],
  [
    'a migration that changes the terminal',
    { header: { migrations: ['0001_first', '\u001b[2J'] } },
    /header is invalid/,
  ],
  [
    'a manifest of one long line',
    { manifest: () => [file('manifest.sha256', 'x'.repeat(2_000_000))] },
    /manifest is too long/,
  ],
  [
    'a manifest with a path that changes the terminal',
    {
      manifest: (all) => [
        { path: 'manifest.sha256', content: Buffer.concat([contentOf(manifestOf(all)), LONGER]) },
      ],
    },
    /hash of data\/x\?\[2J is not/,
  ],
  ['a file twice', { files: (d) => [file('data/a'), file('data/a'), d] }, /twice/],
  [
    'a file that is also a folder',
    { files: (d) => [file('data/a'), file('data/a/b'), d] },
    /restored/,
  ],
  [
    'a hash that is wrong',
    { manifest: ([a, b]) => [manifestOf([a, b, file('data/edge.db')] as MadeFile[])] },
    /hash of data\/edge\.db/,
  ],
  [
    'a file that the manifest lacks',
    { manifest: (all) => [manifestOf(all.slice(0, -1))] },
    /hash of data\/edge\.db/,
  ],
  [
    'a file less than the manifest',
    { manifest: (all) => [manifestOf([...all, file('data/more')])] },
    /hash of data\/more/,
  ],
  ['no manifest', { manifest: () => [] }, /manifest is missing/],
  [
    'something behind the manifest',
    { manifest: (all) => [manifestOf(all), file('data/late')] },
    /follows/,
  ],
  ['another program', { header: { program: 'siteglass-relay' } }, /backup of siteglass-relay/],
  ['a newer form', { header: { format: 2 } }, /form/],
  [
    'a newer schema',
    { header: { migrations: ['0001_first', '0003_third'] } },
    /newer version.*0003_third/,
  ],
  [
    'a newer schema that the header hides',
    { more: "insert into kysely_migration values ('0003_third', '')" },
    /schema/,
  ],
  ['no database', { files: () => [file('data/admin-token')] }, /no edge\.db/],
  ['a database that is none', { files: () => [file('data/edge.db', 'not SQLite')] }, /damaged/],
  [
    'a trigger in the database',
    { more: 'create table a (b); create trigger c after insert on a begin delete from a; end' },
    /triggers/,
  ],
  ['no header', { archive: (a) => a.subarray(1_024) }, /not a Siteglass backup/],
  ['an invalid header', { header: { migrations: 'all' } }, /header/],
  ['half of its bytes', { archive: (a) => a.subarray(0, a.length / 2) }, /too early/],
  [
    'a size larger than the archive',
    {
      files: (d) => [
        { ...file('data/bomb'), change: (h) => void h.write('77777777777\0', 124) },
        d,
      ],
    },
    /too early/,
  ],
  [
    'text that is no archive',
    { archive: () => Buffer.alloc(2_048, 'text') },
    /not a Siteglass backup/,
  ],
  ['no bytes', { archive: () => Buffer.alloc(0) }, /not a Siteglass backup/],
];

for (const [what, tried, message] of hostile)
  test(`an archive with ${what} is refused, and nothing is changed`, async (t) => {
    const { folder, dataFolder, staged } = await attempt(t, tried);
    await t.throwsAsync(staged, { name: 'StartError', message });
    t.deepEqual(readdirSync(dataFolder), ['edge.db']);
    t.deepEqual(readdirSync(folder).sort(), ['backup.tar', 'data-folder', 'made.db']);
  });

test('an archive that is larger than the free space is refused before it is read', async (t) => {
  const { staged } = await attempt(t, {});
  await staged;
  const folder = await temporaryFolder(t);
  const sparse = await open(join(folder, 'sparse.tar'), 'w+');
  t.teardown(() => sparse.close());
  await sparse.truncate(2 ** 43);
  await t.throwsAsync(stageBackup(planFor(folder), sparse), {
    message: /MB free, and the archive needs/,
  });
});

test('a folder or a device in the place of the archive is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const device = await open('/dev/zero');
  t.teardown(() => device.close());
  await t.throwsAsync(stageBackup(planFor(folder), device), { message: /regular file/ });
});
