import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Camera } from '../../../../edge/cameras/camera.js';
import { createCamera } from '../../../../edge/cameras/create-camera.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { folderConfig } from '../../support/cameras.js';

const signal = new AbortController().signal;

async function setUp(t: ExecutionContext, settings: Record<string, unknown> = {}) {
  const root = await temporaryFolder(t);
  const folder = join(root, 'drop');
  await mkdir(folder);
  const open = (clock = Date.now) =>
    createCamera(folderConfig(folder, settings), join(root, 'state'), clock);
  return { folder, open };
}

/** Takes and settles what one look offers. */
async function takeAll(camera: Camera): Promise<string[]> {
  const taken: string[] = [];
  for (let more = true; more; ) {
    const snapshot = await camera.take(signal);
    if (snapshot) taken.push(snapshot.bytes.toString());
    await snapshot?.settle();
    more = snapshot?.more ?? false;
  }
  return taken;
}

/** Two looks, since a file must be the same in both. */
async function takeSettled(camera: Camera): Promise<string[]> {
  return [...(await takeAll(camera)), ...(await takeAll(camera))];
}

const put = (folder: string, ...names: string[]) =>
  Promise.all(names.map((name) => writeFile(join(folder, name), name)));

test('each new image is one snapshot, the oldest first', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'b.jpg');
  await put(folder, 'a.png', 'c.WEBP');
  const taken = await takeSettled(camera);
  t.deepEqual([...taken].sort(), ['a.png', 'b.jpg', 'c.WEBP']);
  t.deepEqual(await takeSettled(camera), []);
  await put(folder, 'd.jpeg');
  t.deepEqual(await takeSettled(camera), ['d.jpeg']);
});

test('other files, and files that uploads are still writing under another name, are left alone', async (t) => {
  const { folder, open } = await setUp(t);
  await put(folder, '.hidden.jpg', 'a.jpg.part', 'b.tmp', 'notes.txt', 'jpg');
  await mkdir(join(folder, 'folder.jpg'));
  await symlink('/nowhere', join(folder, 'broken.jpg'));
  const camera = open();
  t.deepEqual(await takeSettled(camera), []);
  await rename(join(folder, 'a.jpg.part'), join(folder, 'a.jpg'));
  t.deepEqual(await takeSettled(camera), ['a.jpg.part']);
});

test('a file that grows is not taken before it is complete', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'a.jpg');
  for (let part = 1; part <= 3; part++) {
    t.deepEqual(await takeAll(camera), []);
    await appendFile(join(folder, 'a.jpg'), `+${part}`);
  }
  t.deepEqual(await takeSettled(camera), ['a.jpg+1+2+3']);
});

test('a file that changes between listing and reading is checked again', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'a.jpg', 'b.jpg');
  t.deepEqual(await takeAll(camera), []);
  const first = await camera.take(signal);
  const other = first?.bytes.toString() === 'a.jpg' ? 'b.jpg' : 'a.jpg';
  await first?.settle();
  await appendFile(join(folder, other), '+more');
  t.deepEqual(await takeSettled(camera), [`${other}+more`]);
});

test('a snapshot that was not processed is offered again', async (t) => {
  const { folder, open } = await setUp(t, { afterwards: 'delete' });
  await put(folder, 'a.jpg');
  const camera = open();
  await takeAll(camera);
  t.is((await camera.take(signal))?.bytes.toString(), 'a.jpg');
  t.deepEqual(await readdir(folder), ['a.jpg']);
  t.deepEqual(await takeAll(camera), ['a.jpg']);
  t.deepEqual(await readdir(folder), []);
});

test('a newer image of the same name that arrived during the search of the old one is not deleted but taken next', async (t) => {
  const { folder, open } = await setUp(t, { afterwards: 'delete' });
  const camera = open();
  await put(folder, 'latest.jpg');
  t.deepEqual(await takeAll(camera), []);
  const first = await camera.take(signal);
  await writeFile(join(folder, 'upload.part'), 'newer');
  await rename(join(folder, 'upload.part'), join(folder, 'latest.jpg'));
  await first?.settle();
  t.deepEqual(await readdir(folder), ['latest.jpg']);
  t.deepEqual(await takeSettled(camera), ['newer']);
  t.deepEqual(await readdir(folder), []);
});

test('files taken before a restart are not taken again', async (t) => {
  const { folder, open } = await setUp(t);
  await put(folder, 'a.jpg', 'b.jpg');
  t.is((await takeSettled(open())).length, 2);
  await put(folder, 'c.jpg');
  t.deepEqual(await takeSettled(open()), ['c.jpg']);
});

test('an image moved into the folder with an old date is taken, and keeps its date', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'new.jpg');
  await takeSettled(camera);
  const elsewhere = join(folder, '..', 'old.jpg');
  await writeFile(elsewhere, 'old');
  await utimes(elsewhere, 1_600_000_000, 1_600_000_000);
  await rename(elsewhere, join(folder, 'old.jpg'));
  t.is(await camera.take(signal), undefined);
  t.is((await camera.take(signal))?.takenAt, 1_600_000_000_000);
});

test('a burst of 3,000 files is taken completely, each file once', async (t) => {
  const { folder, open } = await setUp(t, { afterwards: 'delete' });
  const names = Array.from({ length: 3000 }, (_, i) => `${String(i).padStart(4, '0')}.jpg`);
  for (let i = 0; i < names.length; i += 100) await put(folder, ...names.slice(i, i + 100));
  const camera = open();
  const taken: string[] = [];
  const batches: number[] = [];
  for (let look = 0; look < 6; look++) {
    const batch = await takeAll(camera);
    batches.push(batch.length);
    taken.push(...batch);
  }
  t.deepEqual(batches, [0, 1000, 0, 1000, 0, 1000]);
  t.deepEqual([...taken].sort(), names);
  t.deepEqual(await readdir(folder), []);
});

test('a file that is too large is skipped, kept and reported', async (t) => {
  const { folder, open } = await setUp(t, { maxBytes: 1024, afterwards: 'delete' });
  await writeFile(join(folder, 'big.jpg'), Buffer.alloc(1025));
  await put(folder, 'small.jpg');
  const camera = open();
  await takeAll(camera);
  const outcomes: string[] = [];
  for (let look = 0; look < 2; look++)
    await takeAll(camera).then(
      (taken) => outcomes.push(...taken),
      (error: Error) => outcomes.push(error.message),
    );
  t.deepEqual(outcomes.sort(), ['small.jpg', 'the snapshot has more than 1024 bytes']);
  t.deepEqual(await readdir(folder), ['big.jpg']);
});

test('a missing folder is an error without its path', async (t) => {
  const { folder, open } = await setUp(t);
  await rm(folder, { recursive: true });
  await t.throwsAsync(open().take(signal), {
    code: 'unreadable',
    message: 'the folder or a file in it cannot be used (ENOENT)',
  });
});

test('a bookmark that is damaged, or of another folder, is ignored', async (t) => {
  const { folder, open } = await setUp(t);
  const state = join(folder, '..', 'state');
  await mkdir(state);
  for (const content of ['{"half', '{"folder":"/other","changedMs":9e15,"name":"z"}']) {
    await writeFile(join(state, 'drop.json'), content);
    await put(folder, 'a.jpg');
    t.deepEqual(await takeSettled(open()), ['a.jpg']);
  }
});

test('a camera that loops repeats its images endlessly', async (t) => {
  const { folder, open } = await setUp(t, { loop: true });
  await put(folder, 'b.jpg', 'a.jpg', 'c.jpg', 'notes.txt');
  const camera = open();
  const taken: string[] = [];
  for (let i = 0; i < 7; i++) taken.push(...(await takeAll(camera)));
  t.deepEqual(taken, ['a.jpg', 'b.jpg', 'c.jpg', 'a.jpg', 'b.jpg', 'c.jpg', 'a.jpg']);
});

test('a camera that loops over an empty folder says so', async (t) => {
  const { open } = await setUp(t, { loop: true });
  await t.throwsAsync(open().take(signal), { message: 'the folder has no images' });
});

test('a clock that is set back causes no later file to be skipped', async (t) => {
  const { folder, open } = await setUp(t);
  // The machine's clock is an hour ahead until it is put right: files then bear earlier times than the bookmark.
  let ahead = 3_600_000;
  const camera = open(() => Date.now() + ahead);
  await put(folder, 'before.jpg');
  t.deepEqual(await takeSettled(camera), ['before.jpg']);
  const bookmark = join(folder, '..', 'state', 'drop.json');
  const saved = JSON.parse(await readFile(bookmark, 'utf8'));
  await writeFile(bookmark, JSON.stringify({ ...saved, changedMs: saved.changedMs + ahead }));

  const restarted = open(() => Date.now() + ahead);
  t.deepEqual(await takeSettled(restarted), []);
  ahead = 0;
  await put(folder, 'after.jpg');
  t.deepEqual(await takeSettled(restarted), ['before.jpg', 'after.jpg'], 'the last one once more');
  t.deepEqual(await takeSettled(restarted), []);
});
