import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import {
  differences,
  fill,
  jpeg,
  savedCursor,
  takeMany,
  takeRun,
  takeRuns,
  type Watched,
  watchedFolder,
} from '../../support/watched-folder.js';

async function put(folder: string, ...paths: string[]) {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), jpeg(path));
  }
}

/** After so many files, a look has time for the least number of steps only. */
function slowDownAfter(files: number, { fs, steady }: Watched) {
  let asked = 0;
  steady.isStopped = true;
  fs.beforeStat = (path) => {
    if (path !== '' && ++asked > files) steady.aheadMs += 1_000;
  };
}

const REPORTS = { with: true, without: false };
for (const [reports, isLocal] of Object.entries(REPORTS)) {
  test(`a burst is taken completely if a look ends before it has seen all of it, ${reports} the kernel’s reports`, async (t) => {
    const watched = await watchedFolder(t);
    const { folder, fs, open } = watched;
    fs.isLocal = isLocal;
    const camera = open();
    t.deepEqual(await takeRun(camera), []);
    const names = await fill(folder, 2_300, 'night');
    slowDownAfter(2_310, watched);
    const taken = await takeRuns(camera, 60);
    t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
  });

  test(`the program is killed after each part of a burst, and each image is taken once, ${reports} the kernel’s reports`, async (t) => {
    const watched = await watchedFolder(t);
    const { folder, fs, open } = watched;
    fs.isLocal = isLocal;
    let camera = open();
    await put(folder, 'first.jpg');
    const taken = await takeRun(camera);
    const names = await fill(folder, 600);
    slowDownAfter(10, watched);
    for (let start = 0; start < 5; start++) {
      taken.push(...(await takeRuns(camera, 2)), ...(await takeRun(camera, 30)));
      await put(folder, `${start}.jpg`);
      camera = open();
    }
    fs.beforeStat = () => undefined;
    const others = ['first.jpg', '0.jpg', '1.jpg', '2.jpg', '3.jpg', '4.jpg'];
    taken.push(...(await takeMany(camera, names.length + others.length - taken.length)));
    taken.push(...(await takeRun(camera)));
    t.deepEqual(differences(taken, [...names, ...others]), { missed: [], repeated: [] });
  });

  test(`an image that cannot be looked at when others are taken is taken after a restart, ${reports} the kernel’s reports`, async (t) => {
    const { folder, fs, open } = await watchedFolder(t);
    fs.isLocal = isLocal;
    const camera = open();
    t.deepEqual(await takeRuns(camera, 2), []);
    fs.beforeStat = (path) => {
      if (path === 'b.jpg') throw Object.assign(new Error('failed'), { code: 'EIO' });
    };
    await put(folder, 'a.jpg', 'b.jpg', 'c.jpg');
    t.deepEqual(await takeRun(camera), ['a.jpg', 'c.jpg']);
    await put(folder, 'd.jpg');
    t.deepEqual(await takeRuns(camera, 2), ['d.jpg']);
    const restarted = open();
    await put(folder, 'e.jpg');
    t.deepEqual(await takeRuns(restarted, 2), ['e.jpg']);
    fs.beforeStat = () => undefined;
    t.deepEqual(await takeRuns(open(), 2), ['b.jpg']);
  });
}

test('a burst that does not fit in memory is taken once over kills of the program', async (t) => {
  const { folder, open } = await watchedFolder(t);
  let camera = open();
  t.deepEqual(await takeRun(camera), []);
  const names = await fill(folder, 2_300, 'night');
  const taken: string[] = [];
  for (let start = 0; start < 4; start++) {
    taken.push(...(await takeRun(camera, 400)));
    camera = open();
  }
  taken.push(...(await takeMany(camera, names.length - taken.length)));
  t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
  t.deepEqual(await takeRuns(open(), 2), []);
});

test('the clock is set back in the middle of a burst and the program killed, and no image is missed', async (t) => {
  const watched = await watchedFolder(t);
  const { folder, clock, open } = watched;
  clock.aheadMs = 3_600_000;
  let camera = open();
  await put(folder, 'first.jpg');
  const taken = await takeRun(camera);
  const names = await fill(folder, 300);
  slowDownAfter(10, watched);
  taken.push(...(await takeRun(camera)));
  clock.aheadMs = 0;
  await put(folder, 'a-second.jpg');
  taken.push(...(await takeRun(camera)));
  camera = open();
  watched.fs.beforeStat = () => undefined;
  for (let run = 0; run < 10; run++) taken.push(...(await takeRun(camera)));
  const { missed } = differences(taken, [...names, 'first.jpg', 'a-second.jpg']);
  t.deepEqual(missed, []);
});

test('what arrives after a start of the machine with a clock that is behind is taken', async (t) => {
  const { folder, clock, cursorFile, open } = await watchedFolder(t);
  await put(folder, 'a.jpg');
  t.deepEqual(await takeRun(open()), ['a.jpg']);
  // As if an hour had passed before, and the clock had lost it.
  const saved = await savedCursor(cursorFile);
  const changedMs = Number(saved.changedMs) + 3_600_000;
  const backlog = [{ after: { changedMs, path: '' } }];
  const savedMs = Date.now() + 3_600_000;
  await writeFile(cursorFile, JSON.stringify({ ...saved, changedMs, backlog, savedMs }));
  await put(folder, 'b.jpg');
  const camera = open();
  t.deepEqual(await takeRun(camera), ['b.jpg']);
  await put(folder, 'c.jpg');
  clock.aheadMs = 3_600_000;
  t.deepEqual(await takeRun(camera), ['c.jpg']);
  t.deepEqual(await takeRuns(open(), 2), []);
});

test('what arrived in a folder while it could not be read is taken when it can, also after a restart', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  await put(folder, 'closed/a.jpg', 'open/b.jpg');
  let camera = open();
  t.is((await takeRuns(camera, 2)).length, 2);
  fs.failing.set('closed', 'EACCES');
  fs.isLocal = false;
  camera = open();
  await put(folder, 'closed/c.jpg', 'open/d.jpg');
  t.deepEqual(await takeRuns(camera, 2), ['open/d.jpg']);
  camera = open();
  await put(folder, 'open/e.jpg');
  t.deepEqual(await takeRuns(camera, 2), ['open/e.jpg']);
  fs.failing.clear();
  t.deepEqual(await takeRuns(camera, 3), ['closed/c.jpg']);
  t.is(camera.backlog().skipped, 0);
  t.deepEqual(await takeRuns(open(), 2), []);
});

test('a backlog that was not read completely is read on when its folder is mounted after the start', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const names = await fill(folder, 300);
  const taken = await takeRun(open(), 100);
  await rename(folder, `${folder}.away`);
  await mkdir(folder);
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), []);
  await rename(folder, `${folder}.empty`);
  await rename(`${folder}.away`, folder);
  taken.push(...(await takeMany(camera, 200)), ...(await takeRun(camera)));
  t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
});

test('a folder that is created and filled while another is listed is taken completely', async (t) => {
  const watched = await watchedFolder(t);
  const { folder, fs, open } = watched;
  fs.isLocal = false;
  await put(folder, 'day-1/a.jpg');
  const camera = open();
  const taken = await takeRun(camera);
  let isCreated = false;
  fs.beforeStat = async (path) => {
    if (path !== 'day-1' || isCreated) return;
    isCreated = true;
    await put(folder, 'day-2/b.jpg', 'day-2/c.jpg', 'day-1/d.jpg');
  };
  await put(folder, 'e.jpg');
  taken.push(...(await takeRun(camera)));
  taken.push(...(await takeRuns(open(), 3)));
  const names = ['day-1/a.jpg', 'day-2/b.jpg', 'day-2/c.jpg', 'day-1/d.jpg', 'e.jpg'];
  t.deepEqual(differences(taken, names), { missed: [], repeated: [] });
});
