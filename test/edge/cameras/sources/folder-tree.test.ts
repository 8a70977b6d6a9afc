import { mkdir, readdir, rmdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { jpeg, takeRun, takeRuns, watchedFolder } from '../../support/watched-folder.js';

async function put(folder: string, ...paths: string[]) {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), jpeg(path));
  }
}

const LAYOUTS = {
  'a day': ['2026/11/25/Gate_01_235958.jpg', '2026/11/26/Gate_01_000001.jpg'],
  'a day, below the camera and the channel': [
    '192.0.2.4_c42f90/2026-11/25/01_235958412.jpg',
    '192.0.2.4_c42f90/2026-11/26/01_000001412.jpg',
  ],
  'a minute': [
    '4K01/2026-11-25/001/jpg/23/59/58[M][0@0][0].jpg',
    '4K01/2026-11-26/001/jpg/00/00/01[M][0@0][0].jpg',
  ],
};
for (const [folders, [first = '', second = '']] of Object.entries(LAYOUTS))
  test(`images in a folder for ${folders} are taken in order, over a change of the day`, async (t) => {
    const { folder, open } = await watchedFolder(t);
    const camera = open();
    await put(folder, first);
    t.deepEqual(await takeRun(camera), [first]);
    await put(folder, second);
    t.deepEqual(await takeRun(camera), [second]);
    t.deepEqual(await takeRuns(camera, 2), []);
    t.deepEqual(await takeRuns(open(), 2), [], 'nor after a restart');
  });

test('without the kernel’s reports, new folders and files are found by the folders’ times', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  fs.isLocal = false;
  const camera = open();
  await put(folder, '2026/11/25/a.jpg');
  t.deepEqual(await takeRun(camera), ['2026/11/25/a.jpg']);
  await put(folder, '2026/11/25/b.jpg', '2026/12/01/c.jpg');
  t.deepEqual((await takeRun(camera)).sort(), ['2026/11/25/b.jpg', '2026/12/01/c.jpg']);
});

test('folders are not searched with recursive: false', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await put(folder, '2026/a.jpg', 'b.jpg');
  t.deepEqual(await takeRuns(open({ recursive: false }), 2), ['b.jpg']);
});

test('hidden folders, those of storage devices, and those that are too deep are not searched', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await put(folder, '.cache/a.jpg', '@eaDir/b.jpg', '#recycle/c.jpg', '1/2/3/4/5/6/7/8/d.jpg');
  await put(folder, '1/2/3/4/5/6/7/8/9/e.jpg');
  t.deepEqual(await takeRuns(open(), 2), ['1/2/3/4/5/6/7/8/d.jpg']);
});

test('2,000 empty folders of old days and a link upwards neither stop nor slow the search', async (t) => {
  const { folder, fs, clock, open } = await watchedFolder(t);
  for (let day = 0; day < 2_000; day++)
    await mkdir(join(folder, `${2018 + Math.floor(day / 365)}`, `${day % 365}`), {
      recursive: true,
    });
  await symlink('..', join(folder, 'loop'));
  await put(folder, '2026/11/a.jpg');
  // Folders that have just changed are listed once more.
  clock.aheadMs = 10_000;
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), ['2026/11/a.jpg']);
  let listed: number;
  do {
    listed = fs.listings;
    await takeRun(camera);
  } while (fs.listings - listed > 40);
  const before = { stats: fs.stats, listings: fs.listings };
  await put(folder, '2026/11/b.jpg');
  t.deepEqual(await takeRun(camera), ['2026/11/b.jpg']);
  t.true(fs.stats - before.stats < 300, `${fs.stats - before.stats} calls`);
  t.true(fs.listings - before.listings < 50, `${fs.listings - before.listings} listings`);
});

test('a folder that disappears and returns is searched again', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open({ afterwards: 'delete' });
  await put(folder, 'day/a.jpg');
  t.deepEqual(await takeRun(camera), ['day/a.jpg']);
  await rmdir(join(folder, 'day'));
  t.deepEqual(await takeRun(camera), []);
  await put(folder, 'day/b.jpg');
  t.deepEqual(await takeRuns(camera, 2), ['day/b.jpg']);
});

test('afterwards: delete removes empty folders of the past, and keeps the last and the others', async (t) => {
  const { folder, clock, open } = await watchedFolder(t);
  await put(folder, '2026/10/31/a.jpg', '2026/11/26/b.jpg', '2026/11/25/c.txt', '2026/11/25/c.jpg');
  await mkdir(join(folder, '2026/10/30'));
  const camera = open({ afterwards: 'delete' });
  t.is((await takeRuns(camera, 2)).length, 3);
  t.deepEqual(await readdir(join(folder, '2026')), ['10', '11'], 'a file has just come into them');
  clock.aheadMs = 90_000_000;
  await rmdir(join(folder, '2026/10/30'));
  await takeRuns(camera, 3);
  t.deepEqual(await readdir(join(folder, '2026')), ['11']);
  t.deepEqual((await readdir(join(folder, '2026/11'))).sort(), ['25', '26']);
});

test('a folder that cannot be read costs only itself', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  await put(folder, 'closed/a.jpg', 'open/b.jpg');
  fs.failing.set('closed', 'EACCES');
  const camera = open();
  t.deepEqual(await takeRuns(camera, 2), ['open/b.jpg']);
  t.deepEqual(camera.backlog().reasons, { unreadable: 1 });
});

test('files dated 1970 or 2099 count as taken when they arrived', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  for (const [name, seconds] of [
    ['a.jpg', 0],
    ['b.jpg', 4_086_000_000],
    ['c.jpg', 315_532_800],
  ] as const) {
    await put(folder, name);
    await utimes(join(folder, name), seconds, seconds);
    const snapshot = await camera.take(new AbortController().signal);
    await snapshot?.markProcessed();
    t.true(Math.abs(Date.now() - (snapshot?.takenAt ?? 0)) < 60_000, name);
  }
});

test('a file keeps its date unless its image would be removed at once', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open({}, 30);
  const ages: number[] = [];
  for (const [name, days] of [
    ['a.jpg', 2],
    ['b.jpg', 40],
  ] as const) {
    await put(folder, name);
    const seconds = Date.now() / 1000 - days * 86_400;
    await utimes(join(folder, name), seconds, seconds);
    const snapshot = await camera.take(new AbortController().signal);
    await snapshot?.markProcessed();
    ages.push(Math.round((Date.now() - (snapshot?.takenAt ?? 0)) / 86_400_000));
  }
  t.deepEqual(ages, [2, 0]);
});
