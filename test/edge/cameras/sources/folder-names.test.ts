import { appendFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { jpeg, takeRun, takeRuns, watchedFolder } from '../../support/watched-folder.js';

const signal = () => new AbortController().signal;

const bytesIn = (folder: string, ...name: number[]) =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name), Buffer.from('.jpg')]);

for (const [title, name] of [
  ['is not UTF-8', [0xe9, 0xff]],
  ['contains a line end', [0x61, 0x0a, 0x62]],
  ['is a lone continuation byte', [0x80]],
] as const)
  test(`a file whose name ${title} is taken once and deleted`, async (t) => {
    const { folder, fs, open } = await watchedFolder(t);
    await writeFile(bytesIn(folder, ...name), jpeg('odd'));
    const camera = open({ afterwards: 'delete' });
    t.deepEqual(await takeRuns(camera, 3), ['odd']);
    t.is(await fs.stat(`${String.fromCharCode(...name)}.jpg`), undefined);
  });

test('names that differ only in their Unicode normalization are two files', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(join(folder, 'caf\u00e9.jpg'), jpeg('composed'));
  await writeFile(join(folder, 'cafe\u0301.jpg'), jpeg('decomposed'));
  const camera = open();
  t.deepEqual((await takeRuns(camera, 2)).sort(), ['composed', 'decomposed']);
  t.deepEqual(await takeRuns(open(), 2), [], 'and none is taken again after a restart');
});

test('the name of a snapshot shows bytes that are not UTF-8, and control characters', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(bytesIn(folder, 0xe9, 0x0a), jpeg('x'));
  t.is((await open().take(signal()))?.name, '\\xe9\\x0a.jpg');
});

test('a folder whose name is not UTF-8 is searched', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const below = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]);
  await mkdir(below);
  await writeFile(Buffer.concat([below, Buffer.from('/a.jpg')]), jpeg('a'));
  t.deepEqual(await takeRuns(open(), 2), ['a']);
});

for (const extension of ['jpe', 'jfif', 'JFIF'])
  test(`a file .${extension} is a JPEG`, async (t) => {
    const { folder, open } = await watchedFolder(t);
    await writeFile(join(folder, `a.${extension}`), jpeg('a'));
    t.deepEqual(await takeRuns(open(), 2), ['a']);
  });

test('files that are not taken are counted by reason', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  for (const name of ['a.heic', 'b.mp4', '.hidden.txt', 'secret.jpg', 'large.jpg', 'good.jpg'])
    await writeFile(join(folder, name), jpeg(name.padEnd(name === 'large.jpg' ? 2_000 : 1)));
  await symlink('/etc/hostname', join(folder, 'out.jpg'));
  await symlink('self.jpg', join(folder, 'self.jpg'));
  fs.failing.set('secret.jpg', 'EACCES');
  const camera = open({ maxBytes: 1_024 });
  const outcomes: string[] = [];
  for (let run = 0; run < 5; run++)
    outcomes.push(...(await takeRun(camera, 1).catch((error: Error) => [error.message])));
  t.deepEqual(outcomes, [
    'good.jpg',
    'the folder or a file in it is not accessible (EACCES)',
    'the snapshot is larger than 1024 bytes (maxBytes)',
  ]);
  t.deepEqual(camera.backlog(), {
    waiting: 0,
    skipped: 6,
    hasTaken: true,
    reasons: { otherExtension: 2, unreadable: 1, tooLarge: 1, linkElsewhere: 1, brokenLink: 1 },
  });
});

test('an unreadable file costs only itself, is reported, and is taken when it becomes readable', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await writeFile(join(folder, name), jpeg(name));
  fs.failing.set('b.jpg', 'EACCES');
  const camera = open();
  t.deepEqual(await takeRun(camera), ['a.jpg', 'c.jpg']);
  await t.throwsAsync(takeRun(camera), {
    message: 'the folder or a file in it is not accessible (EACCES)',
  });
  t.deepEqual(await takeRun(camera), []);
  fs.failing.clear();
  await rename(join(folder, 'b.jpg'), join(folder, '.b'));
  await rename(join(folder, '.b'), join(folder, 'b.jpg'));
  t.deepEqual(await takeRuns(camera, 2), ['b.jpg']);
  t.is(camera.backlog().skipped, 0);
});

test('an input error of one file leaves the others', async (t) => {
  const { folder, fs, open } = await watchedFolder(t);
  await writeFile(join(folder, 'a.jpg'), jpeg('a'));
  await writeFile(join(folder, 'b.jpg'), jpeg('b'));
  fs.failing.set('a.jpg', 'EIO');
  const camera = open();
  t.deepEqual(await takeRun(camera), ['b']);
  await t.throwsAsync(takeRun(camera), { code: 'unreadable' });
  await appendFile(join(folder, 'a.jpg'), 'x');
  fs.failing.clear();
  t.is((await takeRuns(camera, 2)).length, 1);
});
