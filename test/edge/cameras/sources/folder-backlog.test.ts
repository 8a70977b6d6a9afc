import { link, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Camera } from '../../../../edge/cameras/camera.js';
import {
  type CountingFolder,
  differences,
  fill,
  jpeg,
  savedCursor,
  takeRun,
  takeRuns,
  watchedFolder,
} from '../../support/watched-folder.js';

/** 20,000 names of two files that were read, as the appliance's cursor says. */
async function read20000(t: ExecutionContext) {
  const watched = await watchedFolder(t);
  const { folder, cursorFile } = watched;
  for (const source of ['a', 'b']) await writeFile(join(folder, `.${source}`), jpeg(source));
  for (let i = 0; i < 20_000; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, k) =>
        link(
          join(folder, i < 10_000 ? '.a' : '.b'),
          join(folder, `cam_${String(i + k).padStart(6, '0')}.jpg`),
        ),
      ),
    );
  const { ctimeMs } = await stat(join(folder, '.b'));
  const cursor = { folder, changedMs: ctimeMs, name: 'zzzz.jpg' };
  await writeFile(cursorFile, JSON.stringify(cursor));
  return watched;
}

/** Runs until the names that were there at the start have been looked at. */
async function lookAtAll(fs: CountingFolder, camera: Camera) {
  while (fs.stats < 20_000) await takeRun(camera);
  await takeRuns(camera, 2);
}

test('a new image among 20,000 that were read is taken at once, and a look asks for little else', async (t) => {
  const { folder, fs, open } = await read20000(t);
  const camera = open();
  await takeRun(camera);
  await writeFile(join(folder, 'a-first.jpg'), jpeg('first'));
  t.deepEqual(await takeRun(camera), ['first'], 'while the old names are looked at');
  await lookAtAll(fs, camera);
  for (let i = 0; i < 3; i++) {
    const before = { stats: fs.stats, listings: fs.listings, reads: fs.reads };
    await writeFile(join(folder, `a-${i}.jpg`), jpeg(`${i}`));
    t.deepEqual(await takeRun(camera), [`${i}`]);
    t.true(fs.stats - before.stats <= 600, `${fs.stats - before.stats} calls`);
    t.true(fs.listings - before.listings <= 1);
    t.is(fs.reads - before.reads, 1);
  }
});

test('no look asks for the state of more than 8,000 files', async (t) => {
  const { fs, open } = await read20000(t);
  const camera = open();
  for (let look = 0; look < 8; look++) {
    const before = fs.stats;
    t.deepEqual(await takeRun(camera), []);
    t.true(fs.stats - before <= 8_000, `${fs.stats - before} calls`);
  }
});

test('without the kernel’s reports, a new image among 20,000 is found by the folder’s time', async (t) => {
  const { folder, fs, open } = await read20000(t);
  fs.isLocal = false;
  const camera = open();
  await lookAtAll(fs, camera);
  await writeFile(join(folder, 'a-new.jpg'), jpeg('new'));
  const taken: string[] = [];
  for (const end = Date.now() + 20_000; Date.now() < end && taken.length === 0; )
    taken.push(...(await takeRun(camera)));
  t.deepEqual(taken, ['new']);
});

test('at the first start the last names come first, and new images before the others', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const names = await fill(folder, 2_500);
  const camera = open();
  const first = await takeRun(camera, 10);
  t.deepEqual(first, names.slice(-10).reverse());
  await writeFile(join(folder, 'a-new.jpg'), jpeg('new'));
  t.deepEqual((await takeRun(camera, 2)).includes('new'), true);
});

test('a backlog is read completely, each image once, over restarts and with new images between', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const names = await fill(folder, 2_500);
  const taken: string[] = [];
  let camera = open();
  for (let run = 0; run < 25; run++) {
    if (run === 1 || run === 2) {
      taken.push(...(await takeRun(camera, 300)));
      await camera.close();
      camera = open();
    }
    await writeFile(join(folder, `a-${run}.jpg`), jpeg(`new ${run}`));
    taken.push(...(await takeRun(camera)));
  }
  const fresh = Array.from({ length: 25 }, (_, run) => `new ${run}`);
  t.deepEqual(differences(taken, [...names, ...fresh]), { missed: [], repeated: [] });
});

test('files that cannot be analysed do not hold up a new one', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await Promise.all(
    Array.from({ length: 1_500 }, (_, i) => writeFile(join(folder, `${i}.jpg`), `bad ${i}`)),
  );
  const camera = open();
  t.deepEqual(await takeRun(camera), []);
  const bad = await camera.take(new AbortController().signal);
  await bad?.skip?.();
  await writeFile(join(folder, 'new.jpg'), jpeg('new'));
  t.deepEqual((await takeRun(camera, 3))[0], 'new');
  t.is(camera.backlog().reasons.notAnalysed, 1);
});

test('more files than fit in memory arrive while the camera is away, and each is taken once', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  t.deepEqual(await takeRun(camera), []);
  // The saved position names up to 2,000 files that were read out of order, as on a slow machine.
  const names = await fill(folder, 1_900, 'night');
  const taken = await takeRuns(camera, 20);
  t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
  t.deepEqual(await takeRuns(open(), 3), [], 'nor again after a restart');
});

test('a cursor of an earlier version is read, and what it names is not taken again', async (t) => {
  const { folder, cursorFile, open } = await watchedFolder(t);
  await mkdir(join(folder, 'archive'));
  await writeFile(join(folder, 'archive', 'old.jpg'), jpeg('old'));
  await writeFile(join(folder, 'é.jpg'), jpeg('read'));
  const { ctimeMs } = await stat(join(folder, 'é.jpg'));
  await writeFile(cursorFile, JSON.stringify({ folder, changedMs: ctimeMs, name: 'é.jpg' }));
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), []);
  await writeFile(join(folder, 'new.jpg'), jpeg('new'));
  t.deepEqual(await takeRuns(camera, 2), ['new']);
  const saved = await savedCursor(cursorFile);
  t.like(saved, { folder, name: 'new.jpg' }, 'and an earlier version can read it');
  t.is(typeof saved.changedMs, 'number');
});

test('a folder that is mounted after the start has no new images in it', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(join(folder, 'a.jpg'), jpeg('a'));
  t.deepEqual(await takeRuns(open(), 2), ['a']);
  await rename(folder, `${folder}.away`);
  await mkdir(folder);
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), []);
  await rename(folder, `${folder}.empty`);
  await rename(`${folder}.away`, folder);
  t.deepEqual(await takeRuns(camera, 3), []);
  await writeFile(join(folder, 'b.jpg'), jpeg('b'));
  t.deepEqual(await takeRuns(camera, 2), ['b']);
});
