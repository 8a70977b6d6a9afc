import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { GOOD_PASSWORD } from '../../../support/access.js';
import { ApiClient } from '../../../support/api-client.js';
import { eventually } from '../../../support/eventually.js';
import { runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const set = (settings: string[]) => settings.map((setting) => `--set=${setting}`);

/** An appliance with a data folder and a camera, as a process of its own. */
async function place(t: ExecutionContext, more: string[] = []) {
  const folder = await temporaryFolder(t);
  const dataFolder = join(folder, 'data');
  const street = join(folder, 'street');
  mkdirSync(street);
  const settings = set([
    `dataFolder=${dataFolder}`,
    'site=harbour',
    'http.port=0',
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    `cameras=[{ id: street, kind: folder, path: ${street}, schedule: "* * * * * *" }]`,
    ...more,
  ]);
  const start = async () => {
    const program = runProgram(t, 'edge', settings);
    const url = await urlOf(program);
    const token = readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();
    return { program, url, token, api: await ApiClient.connect(url, token) };
  };
  const look = (name: string, sample = '4-two-signs.jpg') =>
    copyFileSync(join(projectRoot(), 'samples', sample), join(street, name));
  const run = (...words: string[]) => runToEnd(t, 'edge', [...words, ...settings]);
  return { folder, dataFolder, settings, start, look, run };
}

/** Resolves within a millisecond of when it is so. */
async function soon(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(1);
}

type Running = Awaited<ReturnType<Awaited<ReturnType<typeof place>>['start']>>;

const imagesOf = async (t: ExecutionContext, { api }: Running) =>
  (await api.get<{ images: { id: string }[] }>(t, '/api/v1/objectdetection/image')).json.images;

const seen = (t: ExecutionContext, running: Running, count: number) =>
  eventually(`${count} snapshots`, async () => {
    const images = await imagesOf(t, running);
    return images.length === count && images;
  });

test.serial(
  'a backup made while the service runs restores its data on another machine, with a new epoch',
  async (t) => {
    const first = await place(t, ['mqtt={ url: "mqtt://127.0.0.1:1" }']);
    const running = await first.start();
    first.look('a.jpg');
    const [image] = await seen(t, running, 1);
    const file = join(first.folder, 'backup.tar');
    const made = await first.run('backup', file);
    t.is(made.code, 0, made.errors);
    t.regex(made.output, /holds secrets/);
    t.is(statSync(file).mode & 0o777, 0o600);
    t.is(await running.program.end(), 0);
    // Nothing beside the archive.
    t.deepEqual(readdirSync(first.folder).sort(), ['backup.tar', 'data', 'street']);

    const second = await place(t, ['mqtt={ url: "mqtt://127.0.0.1:1" }']);
    const restored = await second.run('restore', file);
    t.is(restored.code, 0, restored.errors);
    t.regex(restored.output, /Restored \d+ files.*of harbour/);
    const again = await second.start();
    t.is(again.token, running.token);
    t.deepEqual(
      (await imagesOf(t, again)).map(({ id }) => id),
      [image?.id ?? ''],
    );
    const path = `/api/v1/objectdetection/image/${image?.id}`;
    const bytes = await fetch(again.url + path, {
      headers: { Authorization: `Bearer ${again.token}` },
    });
    const sample = readFileSync(join(projectRoot(), 'samples', '4-two-signs.jpg'));
    t.deepEqual(Buffer.from(await bytes.arrayBuffer()), sample);
    t.is((await again.api.get(t, `${path}/processed`)).status, 200, 'it is rendered again');
    await again.program.end();
    const copy = new Sqlite(join(second.dataFolder, 'edge.db'), { readonly: true });
    t.true((copy.prepare('select shared_seq from outbox_state').pluck().get() as number) >= 1);
    copy.close();
  },
);

test.serial('Debian’s tools read and check an archive', async (t) => {
  const { folder, dataFolder, start, look, run } = await place(t);
  const running = await start();
  look('a.jpg');
  await seen(t, running, 1);
  symlinkSync('/etc/passwd', join(dataFolder, 'link'));
  const made = await run('backup', join(folder, 'b.tar'));
  t.regex(made.output, /no regular files: link/);
  mkdirSync(join(folder, 'out'));
  execFileSync('tar', ['xf', '../b.tar'], { cwd: join(folder, 'out') });
  const checked = execFileSync('sha256sum', ['--check', '--strict', 'manifest.sha256'], {
    cwd: join(folder, 'out'),
    encoding: 'utf8',
  });
  t.regex(checked, /data\/edge\.db: OK/);
  t.regex(checked, /data\/images\/originals\/.*: OK/);
  t.regex(checked, /data\/admin-token: OK/);
  const header = JSON.parse(readFileSync(join(folder, 'out', 'backup.json'), 'utf8'));
  t.like(header, { format: 1, program: 'siteglass-edge', label: 'harbour', images: true });
});

test.serial('a backup without images keeps their results', async (t) => {
  const { folder, start, look, run } = await place(t);
  const running = await start();
  look('a.jpg');
  const [image] = await seen(t, running, 1);
  const file = join(folder, 'b.tar');
  t.is((await run('backup', file, '--no-images')).code, 0);
  t.notRegex(execFileSync('tar', ['tf', file], { encoding: 'utf8' }), /images/);
  await running.program.end();
  t.is((await run('restore', file)).code, 0);
  const again = await start();
  const path = `/api/v1/objectdetection/image/${image?.id}`;
  t.is((await again.api.get(t, path)).status, 404);
  t.is((await again.api.get(t, `${path}/detections`)).status, 200);
});

test.serial('what a restore replaces is gone, and what it does not know stays out', async (t) => {
  const { folder, dataFolder, start, look, run } = await place(t);
  const running = await start();
  look('a.jpg');
  const [old] = await seen(t, running, 1);
  const file = join(folder, 'b.tar');
  await run('backup', file);
  look('b.jpg', '3-sign-near.jpg');
  await seen(t, running, 2);
  await running.program.end();
  writeFileSync(join(dataFolder, 'picture-key'), 'another');
  t.is((await run('restore', file)).code, 0);
  t.false(readdirSync(dataFolder).some((name) => name.startsWith('restore.')));
  t.false(readdirSync(dataFolder).includes('picture-key'));
  const again = await start();
  t.deepEqual((await imagesOf(t, again)).map(({ id }) => id).slice(-1), [old?.id ?? '']);
});

test.serial('a restore that is killed at any time leaves the old data or the new', async (t) => {
  const { folder, dataFolder, settings, start, look, run } = await place(t);
  const running = await start();
  const file = join(folder, 'b.tar');
  await run('backup', file);
  look('a.jpg');
  await seen(t, running, 1);
  await running.program.end();
  const kept = join(folder, 'kept.tar');
  await run('backup', kept);
  const main = join(projectRoot(), 'dist', 'edge', 'main.js');
  const present = () => {
    const sqlite = new Sqlite(join(dataFolder, 'edge.db'), { readonly: true });
    try {
      return sqlite.prepare('select count(*) from image').pluck().get() as number;
    } finally {
      sqlite.close();
    }
  };
  const ends: [appears: string, afterMs: number][] = [
    ['restore.new', 0],
    ['restore.new', 150],
    ['restore.json', 0],
    ['restore.json', 5],
  ];
  for (const [appears, afterMs] of ends) {
    const before = present();
    const child = spawn(process.execPath, [
      main,
      'restore',
      before === 0 ? kept : file,
      ...settings,
    ]);
    const ended = new Promise((resolve) => child.once('close', () => resolve(true)));
    const isSeen = () => child.exitCode !== null || readdirSync(dataFolder).includes(appears);
    await Promise.race([ended, soon(isSeen)]);
    await sleep(afterMs);
    child.kill('SIGKILL');
    await ended;
    const isDecided = readdirSync(dataFolder).includes('restore.json');
    const again = await start();
    const after = (await imagesOf(t, again)).length;
    if (isDecided) t.is(after, 1 - before, 'it was completed');
    else t.true([0, 1].includes(after));
    t.is(await again.program.end(), 0);
    // A statement may be slow on a busy machine.
    const faults = again.program.log.filter(
      ({ level, msg }) => level >= 40 && !msg.startsWith('slow statement'),
    );
    t.deepEqual(faults, [], appears);
    t.false(readdirSync(dataFolder).some((name) => name.startsWith('restore.')));
  }
});

test.serial(
  'restore and reset are refused while the service runs, and a backup where it cannot go',
  async (t) => {
    const { folder, dataFolder, start, run } = await place(t);
    t.regex((await run('backup', join(folder, 'b.tar'))).errors, /nothing to back up/);
    await start();
    const file = join(folder, 'b.tar');
    t.is((await run('backup', file)).code, 0);
    t.regex((await run('restore', file)).errors, /another process uses.*stop the service first/s);
    t.regex((await run('reset', '--yes')).errors, /another process uses.*stop the service first/s);
    t.regex((await run('backup', file)).errors, /exists already/);
    t.regex((await run('backup', join(dataFolder, 'b.tar'))).errors, /in the data folder/);
    t.regex((await run('backup', join(folder, 'none', 'b.tar'))).errors, /does not exist/);
    t.regex((await run('backup')).errors, /expected "backup FILE"/);
    t.regex(
      (await run('restore', join(folder, 'none'))).errors,
      /there is no archive .*none; give the file that "backup FILE" wrote/,
    );
    t.regex((await run('outbox', '--yes')).errors, /not an option of outbox/);
  },
);

test.serial('a backup that does not fit is refused, and nothing is left', async (t) => {
  const { folder, dataFolder, start, run } = await place(t);
  const { program } = await start();
  await program.end();
  // Larger than any disk, and sparse.
  execFileSync('truncate', ['-s', '8T', join(dataFolder, 'large')]);
  const refused = await run('backup', join(folder, 'b.tar'));
  t.regex(refused.errors, /MB free, and the backup needs up to/);
  t.deepEqual(readdirSync(folder).sort(), ['data', 'street']);
});

test.serial('a backup that is ended by a signal leaves no part of an archive', async (t) => {
  const { folder, dataFolder, settings, start } = await place(t);
  const { program } = await start();
  await program.end();
  // Takes a while to write, and no block on the disk.
  execFileSync('truncate', ['-s', '1G', join(dataFolder, 'large')]);
  const main = join(projectRoot(), 'dist', 'edge', 'main.js');
  for (const [signal, appears] of [
    ['SIGINT', 'b.tar.part'],
    ['SIGTERM', 'b.tar.part.db'],
  ] as const) {
    const child = spawn(process.execPath, [main, 'backup', join(folder, 'b.tar'), ...settings]);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await soon(() => readdirSync(folder).includes(appears));
    child.kill(signal);
    t.is(await ended, 1);
    t.regex(errors, new RegExp(`cannot be written: it was ended by ${signal}`));
    t.deepEqual(readdirSync(folder).sort(), ['data', 'street'], appears);
  }
});

test.serial(
  'a reset asks for the site id, removes all data, and the next start begins anew',
  async (t) => {
    const { dataFolder, settings, start, run } = await place(t);
    const running = await start();
    await running.program.end();
    const main = join(projectRoot(), 'dist', 'edge', 'main.js');
    const reset = (input: string) =>
      new Promise<{ code: number | null; errors: string }>((resolve) => {
        const child = spawn(process.execPath, [main, 'reset', ...settings]);
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          errors += text;
        });
        child.stdin.end(input);
        child.once('close', (code) => resolve({ code, errors }));
      });
    const before = readdirSync(dataFolder).sort();
    for (const input of ['', 'harbor\n', 'yes\n']) {
      const { code, errors } = await reset(input);
      t.is(code, 1, input);
      t.regex(errors, /nothing was removed: type "harbour"/);
      t.deepEqual(readdirSync(dataFolder).sort(), before);
    }
    t.is((await reset('harbour\n')).code, 0);
    t.deepEqual(readdirSync(dataFolder), ['lock']);
    const again = await start();
    t.not(again.token, running.token);
    await again.program.end();
    t.is((await run('reset', '--yes')).code, 0);
    t.deepEqual(readdirSync(dataFolder), ['lock']);
  },
);

test.serial('an admin downloads a backup over REST, one at a time', async (t) => {
  const { folder, dataFolder, start, look, run } = await place(t);
  const running = await start();
  look('a.jpg');
  await seen(t, running, 1);
  const viewer = (await run('token', 'add', 'seer', '--role', 'operator')).output;
  const ask = (token: string, query = '') =>
    fetch(`${running.url}/api/v1/backup${query}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    });
  t.is((await ask(viewer)).status, 403);
  const response = await ask(running.token);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'application/x-tar');
  t.regex(response.headers.get('content-disposition') ?? '', /siteglass-edge-harbour-.*\.tar/);
  const file = join(folder, 'b.tar');
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  await eventually('the copy is removed', () => !readdirSync(dataFolder).includes('backup.new'));
  const answers = await Promise.all([ask(running.token, '?images=false'), ask(running.token)]);
  t.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  for (const answer of answers) await answer.body?.cancel();
  await eventually('another one is possible', async () => {
    const next = await ask(running.token);
    await next.arrayBuffer();
    return next.status === 200;
  });
  await running.program.end();
  t.is((await run('restore', file)).code, 0);
  await seen(t, await start(), 1);
});

test.serial(
  'a relay with an SQLite database has the same commands; one with PostgreSQL names pg_dump',
  async (t) => {
    const folder = await temporaryFolder(t);
    const dataFolder = join(folder, 'data');
    const settings = set([
      `dataFolder=${dataFolder}`,
      'http.port=0',
      'detection.workers=1',
      'mqtt.embedded.port=0',
    ]);
    const start = async () => {
      const program = runProgram(t, 'cloud-relay', settings);
      const url = await urlOf(program);
      const token = readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();
      return { program, api: await ApiClient.connect(url, token) };
    };
    const run = (...words: string[]) => runToEnd(t, 'cloud-relay', [...words, ...settings]);
    const running = await start();
    await running.api.post(t, '/api/v1/sites', { id: 'harbour' });
    const file = join(folder, 'relay.tar');
    t.is((await run('backup', file)).code, 0);
    await running.program.end();
    t.is((await run('reset', '--yes')).code, 0);
    t.is((await run('restore', file)).code, 0);
    const again = await start();
    t.is((await again.api.get(t, '/api/v1/sites/harbour')).status, 200);
    const shared = await run('backup', file, '--set=database.url=postgres://a@localhost/b');
    t.regex(shared.errors, /pg_dump/);
  },
);

test.serial('users come back with a backup, and their sessions do not', async (t) => {
  const { start, run, folder } = await place(t);
  const running = await start();
  const user = { name: 'mara', role: 'viewer', password: GOOD_PASSWORD };
  t.is((await running.api.post(t, '/api/v1/users', user)).status, 201);
  const logIn = ({ api }: Running) =>
    api.post(t, '/api/v1/session', { user: 'mara', password: GOOD_PASSWORD });
  const [Cookie = ''] = ((await logIn(running)).headers.get('Set-Cookie') ?? '').split(';');
  const statusOf = async ({ api }: Running) =>
    (await api.get(t, '/api/v1/session', { Cookie, Authorization: '' })).status;
  t.is(await statusOf(running), 200);
  const file = join(folder, 'backup.tar');
  t.is((await run('backup', file)).code, 0);
  t.is(await running.program.end(), 0);
  t.is((await run('restore', file)).code, 0);
  const again = await start();
  t.is(await statusOf(again), 401);
  t.is((await logIn(again)).status, 200);
});

test.serial('the audit log has who made a backup, and who restored one', async (t) => {
  const { start, run, folder, dataFolder } = await place(t);
  const running = await start();
  const entries = async () => {
    const { output } = await run('audit', '--json');
    const all: { action: string; subject: string; actor: { name: string; kind: string } }[] =
      JSON.parse(output);
    return all.filter(({ action }) => action.startsWith('backup_'));
  };
  const file = join(folder, 'backup.tar');
  t.is((await run('backup', file)).code, 0);
  const [made, ...others] = await entries();
  t.like(made, { action: 'backup_made', subject: file, actor: { kind: 'command' } });
  t.deepEqual(others, []);
  t.is(await running.program.end(), 0);
  t.is((await run('restore', file)).code, 0);
  t.false(readdirSync(dataFolder).some((name) => /^edge\.db-/.test(name)));
  const [restored, ...more] = await entries();
  t.like(restored, { action: 'backup_restored', subject: file, actor: { kind: 'command' } });
  t.is(restored?.actor.name, made?.actor.name);
  t.deepEqual(more, [], 'the archive was complete before it was recorded');

  // Of a version without an audit log.
  const db = new Sqlite(join(dataFolder, 'edge.db'));
  db.exec('drop table audit_entry');
  db.close();
  const older = await run('backup', join(folder, 'older.tar'));
  t.is(older.code, 0);
  t.regex(older.output, /This is not in the audit log: no such table: audit_entry/);
});
