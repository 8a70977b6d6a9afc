import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import * as damage from '../../support/damage.js';
import { runDoctor } from '../../support/doctor.js';
import { eventually } from '../../support/eventually.js';
import { type RunningProgram, runProgram, runToEnd, urlOf } from '../../support/program.js';
import { smallDisk } from '../../support/small-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testWithMount } from '../../support/test-with-mount.js';

const SAMPLE = join(projectRoot(), 'samples', '4-two-signs.jpg');

interface Site {
  status: string;
  reasons: string[];
  cameras: { online: number; total: number };
  outboxDepth: number;
}
interface Sync {
  epoch: string;
  lastSeq: number;
  depth: number;
}

/** An appliance that looks at a folder each second, and whose broker is down. */
async function site(t: ExecutionContext, dataFolder: string) {
  const folder = await temporaryFolder(t);
  await copyFile(SAMPLE, join(folder, 'a.jpg'));
  const settings = [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    'site=harbour',
    'mqtt={ url: "mqtt://127.0.0.1:1", username: harbour, password: none }',
    `cameras=[{ id: gate, kind: folder, path: ${folder}, loop: true, schedule: "* * * * * *" }]`,
  ];
  const options = settings.flatMap((setting) => ['--set', setting]);
  return {
    settings,
    file: join(dataFolder, 'edge.db'),
    start: () => runProgram(t, 'edge', options),
    command: (...words: string[]) => runToEnd(t, 'edge', [...words, ...options]),
  };
}

const tokenIn = (dataFolder: string): string =>
  readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();

const connect = async (program: RunningProgram, token: string): Promise<ApiClient> =>
  ApiClient.connect(await urlOf(program), token);

/** Resolves once the camera is online and more summaries wait than before. */
async function recording(t: ExecutionContext, api: ApiClient, more = 2): Promise<Site & Sync> {
  const sync = async () => (await api.get<Sync>(t, '/api/v1/sync')).json;
  const { lastSeq } = await sync();
  return eventually('snapshots are recorded', async () => {
    const now = await sync();
    const { json } = await api.get<Site>(t, '/api/v1/site');
    return json.cameras.online === 1 && now.lastSeq >= lastSeq + more
      ? { ...json, ...now }
      : undefined;
  });
}

/** Runs the appliance until some summaries wait. */
async function withBacklog(t: ExecutionContext) {
  const dataFolder = await temporaryFolder(t);
  const appliance = await site(t, dataFolder);
  const program = appliance.start();
  await program.logged(({ msg }) => msg === 'started');
  const token = tokenIn(dataFolder);
  const before = await recording(t, await connect(program, token), 3);
  return { ...appliance, program, token, before, dataFolder };
}

/** Adds enough images for many pages. A few ids may be those of images that are there. */
function addImages(file: string): void {
  const sqlite = new Sqlite(file);
  sqlite.exec(`
    insert or ignore into image (id, sha256, analysis_key, camera, created_at)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)
    select substr(image.id, 1, 9) || printf('%04x', i) || substr(image.id, 14), sha256, analysis_key, 'gate', created_at
    from n, (select * from image limit 1) as image`);
  sqlite.close();
}

test('after a power failure with a damaged header the cameras go on, and the damage is named', async (t) => {
  const { program, file, start, token, before, command, settings } = await withBacklog(t);
  await program.end('SIGKILL');
  // What the write-ahead log holds would hide the damage.
  new Sqlite(file).exec('pragma wal_checkpoint(truncate)').close();
  damage.zeroHeader(file);
  const again = start();
  const repaired = await again.logged(({ msg }) => msg.includes('was damaged'));
  t.is(repaired.file, file);
  const api = await connect(again, token);
  const { status, reasons, epoch, depth } = await recording(t, api);
  t.is(status, 'degraded');
  t.regex(
    reasons[0] ?? '',
    /^edge\.db was damaged \(.*\) and repaired at .* UTC; all rows were read/,
  );
  t.is(epoch, before.epoch);
  t.true(depth > before.depth);

  const { of } = await runDoctor(t, 'edge', settings);
  t.regex(of('database').join('\n'), /^warning edge\.db was damaged/m);
  t.regex(
    (await command('database')).output,
    /edge\.db is sound\n.*was damaged.*\nkept: .*edge\.db\.damaged-/,
  );
  t.is((await command('database', 'accept')).output, 'Accepted.');
  const { json } = await api.get<Site>(t, '/api/v1/site');
  t.false(json.reasons.some((reason) => reason.includes('damaged')));
});

test('a database that is damaged while the appliance runs is repaired without another process', async (t) => {
  const { program: first, file, token, start } = await withBacklog(t);
  await first.end();
  addImages(file);
  const program = start();
  await program.logged(({ msg }) => msg === 'started');
  damage.damagePages(file, damage.pagesOf(file, 'image', 'leaf').slice(5, -5));
  // These pages are read for the first time.
  const images = `${await urlOf(program)}/api/v1/objectdetection/image?limit=100`;
  const headers = { Authorization: `Bearer ${token}` };
  let next: string | null = '';
  while (next !== null) {
    const response = await fetch(next ? `${images}&cursor=${next}` : images, { headers });
    next = response.ok ? ((await response.json()) as { next: string | null }).next : null;
  }
  await program.logged(({ msg }) => msg === 'restarting');
  await program.logged(({ msg }) => msg.includes('was damaged'));
  const url = await eventually(
    'it listens again',
    () =>
      program.log.filter(({ msg }) => msg === 'listening')[1]?.plainTextUrl as string | undefined,
  );
  const { reasons } = await recording(t, await ApiClient.connect(url, token));
  t.regex(reasons[0] ?? '', /edge\.db was damaged/);
  t.is(await program.end(), 0);
});

test('an emptied database is no new appliance', async (t) => {
  const { program, file, start, token, before, dataFolder } = await withBacklog(t);
  await program.end();
  damage.empty(file);
  const again = start();
  const { reasons, epoch, lastSeq } = await recording(t, await connect(again, token));
  t.is(tokenIn(dataFolder), token);
  t.is(epoch, before.epoch);
  t.true(lastSeq > before.lastSeq);
  t.regex(reasons[0] ?? '', /the file is empty.*summaries of the backlog are lost/);
});

test('a stopped appliance can be repaired by a command, a running one cannot', async (t) => {
  const { program, file, command } = await withBacklog(t);
  const refused = await command('database', 'repair');
  t.is(refused.code, 1);
  t.regex(refused.errors, /another process uses the data folder/);
  await program.end();
  t.regex((await command('database', 'repair')).output, /edge\.db is sound; nothing was changed/);
  damage.damagePages(file, damage.pagesOf(file, 'image', 'leaf').slice(0, 1));
  const check = await command('database', 'check');
  t.is(check.code, 1);
  t.regex(check.output, /edge\.db is damaged: .*\n.*siteglass-edge database repair/);
  for (const words of [['outbox'], ['token']]) t.not((await command(...words)).code, undefined);
  const repair = await command('database', 'repair');
  t.is(repair.code, 0);
  t.regex(repair.output, /was damaged .* and repaired.*\nkept: /);
  t.regex((await command('database')).output, /edge\.db is sound/);
  t.is((await command('database', 'mend')).code, 1);
});

testWithMount(
  'without space for the repair nothing is touched, and the reason is one line',
  async (t) => {
    const disk = await smallDisk(t, 24);
    const { file, start } = await site(t, disk.folder);
    const program = start();
    await program.logged(({ msg }) => msg === 'started');
    await recording(t, await connect(program, tokenIn(disk.folder)));
    await program.end();
    damage.zeroHeader(file);
    const bytes = readFileSync(file);
    disk.fill();
    const failed = start();
    t.is(await failed.ended, 1);
    const { msg = '', level } = failed.log.at(-1) ?? {};
    t.is(level, 60);
    t.regex(msg, /edge\.db is damaged \(.*\), and its repair needs \d+ MB of free disk space/);
    t.deepEqual(readFileSync(file), bytes);
    t.false(readdirSync(disk.folder).some((name) => name.includes('repairing')));
    disk.free();
    const again = start();
    await again.logged(({ msg: text }) => text === 'started');
    t.true(existsSync(file));
  },
);
