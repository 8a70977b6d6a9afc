import { setMaxListeners } from 'node:events';
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
setMaxListeners(0, signal);

async function setUp(t: ExecutionContext, settings: Record<string, unknown> = {}) {
  const root = await temporaryFolder(t);
  const folder = join(root, 'drop');
  await mkdir(folder);
  const open = (clock = Date.now) =>
    createCamera(folderConfig(folder, settings), join(root, 'state'), clock);
  return { folder, open };
}

/** Takes and processes all that one scan returns. */
async function takeAll(camera: Camera): Promise<string[]> {
  const taken: string[] = [];
  for (let more = true; more; ) {
    const snapshot = await camera.take(signal);
    if (snapshot) taken.push(snapshot.bytes.toString());
    await snapshot?.markProcessed();
    more = snapshot?.more ?? false;
  }
  return taken;
}

/** Two scans, since a file must be unchanged between them. */
async function takeUnchanged(camera: Camera): Promise<string[]> {
  return [...(await takeAll(camera)), ...(await takeAll(camera))];
}

const put = (folder: string, ...names: string[]) =>
  Promise.all(names.map((name) => writeFile(join(folder, name), name)));

test('each new image is one snapshot, oldest first', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'b.jpg');
  await put(folder, 'a.png', 'c.WEBP');
  const taken = await takeUnchanged(camera);
  t.deepEqual([...taken].sort(), ['a.png', 'b.jpg', 'c.WEBP']);
  t.deepEqual(await takeUnchanged(camera), []);
  await put(folder, 'd.jpeg');
  t.deepEqual(await takeUnchanged(camera), ['d.jpeg']);
});

test('other files, and uploads in progress under another name, are ignored', async (t) => {
  const { folder, open } = await setUp(t);
  await put(folder, '.hidden.jpg', 'a.jpg.part', 'b.tmp', 'notes.txt', 'jpg');
  await mkdir(join(folder, 'folder.jpg'));
  await symlink('/nowhere', join(folder, 'broken.jpg'));
  const camera = open();
  t.deepEqual(await takeUnchanged(camera), []);
  await rename(join(folder, 'a.jpg.part'), join(folder, 'a.jpg'));
  t.deepEqual(await takeUnchanged(camera), ['a.jpg.part']);
});

test('a file that grows is not taken before it is complete', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'a.jpg');
  for (let part = 1; part <= 3; part++) {
    t.deepEqual(await takeAll(camera), []);
    await appendFile(join(folder, 'a.jpg'), `+${part}`);
  }
  t.deepEqual(await takeUnchanged(camera), ['a.jpg+1+2+3']);
});

test('a file that changes between scan and read is scanned again', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'a.jpg', 'b.jpg');
  t.deepEqual(await takeAll(camera), []);
  const first = await camera.take(signal);
  const other = first?.bytes.toString() === 'a.jpg' ? 'b.jpg' : 'a.jpg';
  await first?.markProcessed();
  await appendFile(join(folder, other), '+more');
  t.deepEqual(await takeUnchanged(camera), [`${other}+more`]);
});

test('a snapshot that was not processed is returned again', async (t) => {
  const { folder, open } = await setUp(t, { afterwards: 'delete' });
  await put(folder, 'a.jpg');
  const camera = open();
  await takeAll(camera);
  t.is((await camera.take(signal))?.bytes.toString(), 'a.jpg');
  t.deepEqual(await readdir(folder), ['a.jpg']);
  t.deepEqual(await takeAll(camera), ['a.jpg']);
  t.deepEqual(await readdir(folder), []);
});

test('a newer image of the same name that arrives during the search is taken next, not deleted', async (t) => {
  const { folder, open } = await setUp(t, { afterwards: 'delete' });
  const camera = open();
  await put(folder, 'latest.jpg');
  t.deepEqual(await takeAll(camera), []);
  const first = await camera.take(signal);
  await writeFile(join(folder, 'upload.part'), 'newer');
  await rename(join(folder, 'upload.part'), join(folder, 'latest.jpg'));
  await first?.markProcessed();
  t.deepEqual(await readdir(folder), ['latest.jpg']);
  t.deepEqual(await takeUnchanged(camera), ['newer']);
  t.deepEqual(await readdir(folder), []);
});

test('files taken before a restart are not taken again', async (t) => {
  const { folder, open } = await setUp(t);
  await put(folder, 'a.jpg', 'b.jpg');
  t.is((await takeUnchanged(open())).length, 2);
  await put(folder, 'c.jpg');
  t.deepEqual(await takeUnchanged(open()), ['c.jpg']);
});

test('an image with an old date that is moved into the folder is taken, and keeps its date', async (t) => {
  const { folder, open } = await setUp(t);
  const camera = open();
  await put(folder, 'new.jpg');
  await takeUnchanged(camera);
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
  for (let scan = 0; scan < 300 && taken.length < names.length; scan++) {
    const batch = await takeAll(camera);
    batches.push(batch.length);
    taken.push(...batch);
  }
  t.is(batches[0], 0, 'none is whole by its structure, so each is seen twice first');
  t.true(Math.max(...batches) <= 1000);
  t.deepEqual([...taken].sort(), names);
  t.deepEqual(await takeUnchanged(camera), []);
  t.deepEqual(await readdir(folder), []);
});

test('a file that is too large is skipped, kept and reported', async (t) => {
  const { folder, open } = await setUp(t, { maxBytes: 1024, afterwards: 'delete' });
  await writeFile(join(folder, 'big.jpg'), Buffer.alloc(1025));
  await put(folder, 'small.jpg');
  const camera = open();
  await takeAll(camera);
  const outcomes: string[] = [];
  for (let scan = 0; scan < 2; scan++)
    await takeAll(camera).then(
      (taken) => outcomes.push(...taken),
      (error: Error) => outcomes.push(error.message),
    );
  t.deepEqual(outcomes.sort(), ['small.jpg', 'the snapshot is larger than 1024 bytes (maxBytes)']);
  t.deepEqual(await readdir(folder), ['big.jpg']);
});

test('a missing folder is an error that does not show its path', async (t) => {
  const { folder, open } = await setUp(t);
  await rm(folder, { recursive: true });
  await t.throwsAsync(open().take(signal), {
    code: 'unreadable',
    message: 'the folder or a file in it is not accessible (ENOENT)',
  });
});

test('a cursor file that is damaged or belongs to another folder is ignored', async (t) => {
  const { folder, open } = await setUp(t);
  const state = join(folder, '..', 'state');
  await mkdir(state);
  for (const content of ['{"half', '{"folder":"/other","changedMs":9e15,"name":"z"}']) {
    await writeFile(join(state, 'drop.json'), content);
    await put(folder, 'a.jpg');
    t.deepEqual(await takeUnchanged(open()), ['a.jpg']);
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

test('a camera that loops over an empty folder reports it', async (t) => {
  const { open } = await setUp(t, { loop: true });
  await t.throwsAsync(open().take(signal), { message: 'the folder contains no images' });
});

test('no file that arrives after the clock was set back is missed', async (t) => {
  const { folder, open } = await setUp(t);
  // The machine's clock is an hour ahead until it is put right: files then have earlier times than the cursor.
  let ahead = 3_600_000;
  const camera = open(() => Date.now() + ahead);
  await put(folder, 'before.jpg');
  t.deepEqual(await takeUnchanged(camera), ['before.jpg']);
  const cursorFile = join(folder, '..', 'state', 'drop.json');
  const saved = JSON.parse(await readFile(cursorFile, 'utf8'));
  const changedMs = saved.changedMs + ahead;
  const backlog = [{ after: { changedMs, path: '' } }];
  await writeFile(cursorFile, JSON.stringify({ ...saved, changedMs, backlog }));

  const restarted = open(() => Date.now() + ahead);
  t.deepEqual(await takeUnchanged(restarted), []);
  ahead = 0;
  await put(folder, 'after.jpg');
  t.deepEqual(await takeUnchanged(restarted), ['after.jpg'], 'what was read is known');
  t.deepEqual(await takeUnchanged(restarted), []);
});
