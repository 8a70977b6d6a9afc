import { link, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DiskFolder } from '../../../../edge/cameras/sources/folder-fs.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const never = () => new AbortController().signal;

/** A watched folder with a picture in a folder, and another folder beside it with files of the same names. */
async function folders(t: ExecutionContext) {
  const root = await temporaryFolder(t);
  const [watched, foreign] = [join(root, 'watched'), join(root, 'foreign')];
  for (const folder of [join(watched, 'day', 'hour'), join(foreign, 'hour')])
    await mkdir(folder, { recursive: true });
  await writeFile(join(watched, 'day', 'hour', 'a.jpg'), 'own');
  for (const path of ['a.jpg', join('hour', 'a.jpg')])
    await writeFile(join(foreign, path), 'foreign');
  return { root, watched, foreign, fs: new DiskFolder(watched) };
}

async function listed(fs: DiskFolder, path: string): Promise<string[]> {
  const names = [];
  for await (const { name } of fs.entries(path)) names.push(name);
  return names;
}

for (const [what, replaced] of Object.entries({
  'the file': ['day', 'hour', 'a.jpg'],
  'its folder': ['day', 'hour'],
  'a folder above it': ['day'],
}))
  test(`nothing outside is read, listed or deleted after ${what} became a link`, async (t) => {
    const { watched, foreign, fs } = await folders(t);
    const path = 'day/hour/a.jpg';
    t.is((await fs.read(path, 100, never())).bytes.toString(), 'own');
    t.deepEqual(await listed(fs, 'day/hour'), ['a.jpg']);
    // Between the look at a file and what is done with it.
    const place = join(watched, ...replaced);
    await rename(place, `${place}.old`);
    const inside = replaced.slice(1).join('/');
    await symlink(join(foreign, inside), place);
    await t.throwsAsync(fs.read(path, 100, never()), undefined, 'read');
    if (replaced.length < 3) {
      await t.throwsAsync(listed(fs, 'day/hour'));
      await t.throwsAsync(fs.remove(path));
      await t.throwsAsync(fs.removeFolder('day/hour'));
    } else await fs.remove(path);
    for (const kept of ['a.jpg', join('hour', 'a.jpg')])
      t.is(await readFile(join(foreign, kept), 'utf8'), 'foreign');
  });

test('a link to a file within is resolved, and one that leads out later is not followed', async (t) => {
  const { watched, foreign, fs } = await folders(t);
  await symlink('day/hour/a.jpg', join(watched, 'latest.jpg'));
  const target = await fs.resolve('latest.jpg');
  t.is(target, 'day/hour/a.jpg');
  await rm(join(watched, 'day'), { recursive: true });
  await symlink(foreign, join(watched, 'day'));
  await t.throwsAsync(fs.read('day/hour/a.jpg', 100, never()));
  t.is(await fs.resolve('latest.jpg'), undefined);
});

test('the watched folder itself may be a link, and hold names that are not UTF-8', async (t) => {
  const { root, watched } = await folders(t);
  await symlink(watched, join(root, 'link'));
  const odd = Buffer.concat([
    Buffer.from(`${watched}/day/`),
    Buffer.from([0xff, 0xe4]),
    Buffer.from('.jpg'),
  ]);
  await writeFile(odd, 'odd');
  const fs = new DiskFolder(join(root, 'link'));
  const [name = ''] = (await listed(fs, 'day')).filter((some) => some.endsWith('.jpg'));
  t.is((await fs.read(`day/${name}`, 100, never())).bytes.toString(), 'odd');
  await fs.remove(`day/${name}`);
  await fs.remove(`day/${name}`);
  t.deepEqual(await listed(fs, 'day'), ['hour']);
});

test('a hard link to a foreign file is read, and only its own name is deleted', async (t) => {
  const { watched, foreign, fs } = await folders(t);
  await link(join(foreign, 'a.jpg'), join(watched, 'b.jpg'));
  t.is((await fs.read('b.jpg', 100, never())).bytes.toString(), 'foreign');
  await fs.remove('b.jpg');
  t.is(await readFile(join(foreign, 'a.jpg'), 'utf8'), 'foreign');
});

test('no descriptor stays open', async (t) => {
  const { fs } = await folders(t);
  const open = async () => (await listed(new DiskFolder('/proc/self/fd'), '')).length;
  const before = await open();
  for (let i = 0; i < 20; i++) {
    await fs.read('day/hour/a.jpg', 100, never());
    await listed(fs, 'day/hour');
    await t.throwsAsync(fs.read('day/none/a.jpg', 100, never()));
    await t.throwsAsync(fs.removeFolder('day'));
  }
  t.true((await open()) <= before + 2);
});
