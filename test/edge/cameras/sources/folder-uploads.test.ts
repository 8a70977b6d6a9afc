import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { fill, jpeg, takeRun, takeRuns, watchedFolder } from '../../support/watched-folder.js';

async function put(folder: string, ...paths: string[]) {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), jpeg(path));
  }
}

/** As ProFTPD, Pure-FTPd, WinSCP, rsync and others name what is not complete. */
const TEMPORARY_NAMES = [
  '.in.a.jpg.',
  '.pureftpd-upload.69281.15.1b4d',
  'a.jpg.filepart',
  'a.jpg.part',
  'a.jpg.tmp',
  'a.jpg~',
  '.a.jpg.Xk3f2Q',
];
for (const isLocal of [true, false])
  test(`an upload is taken once, when it gets its name, ${isLocal ? 'with' : 'without'} the kernel’s reports`, async (t) => {
    const { folder, fs, open } = await watchedFolder(t);
    fs.isLocal = isLocal;
    const camera = open();
    for (const name of TEMPORARY_NAMES) {
      await put(folder, name);
      t.deepEqual(await takeRuns(camera, 2), [], name);
      await rename(join(folder, name), join(folder, 'a.jpg'));
      t.deepEqual(await takeRuns(camera, 2), [name]);
    }
    t.is(camera.backlog().skipped, 0);
  });

for (const isLocal of [true, false])
  test(`an empty file is counted, and taken when it is filled, ${isLocal ? 'with' : 'without'} the kernel’s reports`, async (t) => {
    const { folder, fs, open } = await watchedFolder(t);
    fs.isLocal = isLocal;
    const camera = open();
    await writeFile(join(folder, 'a.jpg'), '');
    t.deepEqual(await takeRuns(camera, 3), []);
    t.like(camera.backlog(), { waiting: 0, skipped: 1 });
    t.deepEqual(camera.backlog().reasons, { empty: 1 });
    t.is(fs.reads, 0);
    await writeFile(join(folder, 'a.jpg'), jpeg('a'));
    t.deepEqual(await takeRun(camera), ['a']);
    t.is(camera.backlog().skipped, 0);
    await writeFile(join(folder, 'b.jpg'), '');
    t.deepEqual(await takeRuns(camera, 3), []);
    await writeFile(join(folder, 'b.jpg'), jpeg('b'));
    t.deepEqual(await takeRuns(open(), 2), ['b'], 'also after a restart');
  });

test('a folder that is named like an image is searched', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await put(folder, 'cam.jpg/a.jpg');
  const camera = open({ afterwards: 'delete' });
  t.deepEqual(await takeRun(camera), ['cam.jpg/a.jpg']);
  await put(folder, 'other.JPG/b.JPG', 'cam.jpg/c.JPEG');
  t.deepEqual((await takeRuns(camera, 2)).sort(), ['cam.jpg/c.JPEG', 'other.JPG/b.JPG']);
  t.is(camera.backlog().skipped, 0);
});

test('a pipe, and folders that are too deep, are counted and cost only themselves', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await promisify(execFile)('mkfifo', [join(folder, 'pipe.jpg')]);
  await symlink('pipe.jpg', join(folder, 'link.jpg'));
  await put(folder, 'a.jpg', '1/2/3/4/5/6/7/8/b.jpg', '1/2/3/4/5/6/7/8/9/c.jpg');
  const camera = open();
  t.deepEqual((await takeRuns(camera, 2)).sort(), ['1/2/3/4/5/6/7/8/b.jpg', 'a.jpg']);
  t.deepEqual(camera.backlog().reasons, { notAFile: 2, tooDeep: 1 });
});

test('a skipped file that is removed is no longer counted, without the kernel’s reports', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  fs.isLocal = false;
  await symlink('nowhere', join(folder, 'a.jpg'));
  await writeFile(join(folder, 'b.jpg'), '');
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), []);
  t.deepEqual(camera.backlog().reasons, { brokenLink: 1, empty: 1 });
  await rm(join(folder, 'a.jpg'));
  await rm(join(folder, 'b.jpg'));
  t.deepEqual(await takeRun(camera), []);
  t.is(camera.backlog().skipped, 0);
});

test('the watched folder disappears and returns, and what arrived meanwhile is taken', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  await put(folder, 'a.jpg');
  t.deepEqual(await takeRun(camera), ['a.jpg']);
  await rename(folder, `${folder}.away`);
  await t.throwsAsync(takeRun(camera), { code: 'unreadable' });
  await put(`${folder}.away`, 'b.jpg', 'day/c.jpg');
  await rename(`${folder}.away`, folder);
  t.deepEqual((await takeRuns(camera, 2)).sort(), ['b.jpg', 'day/c.jpg']);
  await rm(folder, { recursive: true });
  await t.throwsAsync(takeRun(camera), { code: 'unreadable' });
  await put(folder, 'a.jpg', 'day/d.jpg');
  t.deepEqual((await takeRuns(camera, 2)).sort(), ['a.jpg', 'day/d.jpg']);
  await put(folder, 'e.jpg');
  t.deepEqual(await takeRun(camera), ['e.jpg']);
  t.deepEqual(await takeRuns(open(), 2), []);
});

test('three names in turn, and a link to the newest, are each taken once and deleted', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open({ afterwards: 'delete' });
  const taken: string[] = [];
  for (let run = 0; run < 7; run++) {
    const name = `img${run % 3}.jpg`;
    await writeFile(join(folder, '.new'), jpeg(`${run}`));
    await rename(join(folder, '.new'), join(folder, name));
    await unlink(join(folder, 'lastsnap.jpg')).catch(() => undefined);
    await symlink(name, join(folder, 'lastsnap.jpg'));
    taken.push(...(await takeRun(camera)));
  }
  taken.push(...(await takeRuns(camera, 2)));
  t.deepEqual(taken, ['0', '1', '2', '3', '4', '5', '6']);
  t.deepEqual(await readdir(folder), ['lastsnap.jpg']);
});

test('without the kernel’s reports, a new image comes before a long backlog within one run', async (t) => {
  const { folder, fs, steady, open } = await watchedFolder(t);
  fs.isLocal = false;
  await fill(folder, 300);
  const camera = open();
  t.is((await takeRun(camera, 2)).length, 2);
  const next = await camera.take(new AbortController().signal);
  await next?.markProcessed();
  await put(folder, 'a-new.jpg');
  steady.aheadMs = 15_000;
  t.is((await camera.take(new AbortController().signal))?.name, 'a-new.jpg');
});
