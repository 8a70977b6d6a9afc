import {
  appendFile,
  link,
  readdir,
  rename,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { jpeg, takeRun, takeRuns, watchedFolder } from '../../support/watched-folder.js';

/** Writes an image under another name and moves it into place. */
async function move(folder: string, name: string, text: string) {
  await writeFile(join(folder, `.${name}`), jpeg(text));
  await rename(join(folder, `.${name}`), join(folder, name));
}

test('one name that is replaced before each run is taken in each run', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const taken: string[] = [];
  for (let run = 0; run < 5; run++) {
    await move(folder, 'latest.jpg', `${run}`);
    taken.push(...(await takeRun(camera)));
  }
  t.deepEqual(taken, ['0', '1', '2', '3', '4']);
});

test('one name that is written in place before each run is taken in each run', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const taken: string[] = [];
  for (let run = 0; run < 5; run++) {
    await writeFile(join(folder, 'latest.jpg'), jpeg(`${run}`));
    taken.push(...(await takeRun(camera)));
  }
  t.deepEqual(taken, ['0', '1', '2', '3', '4']);
});

test('three names in turn are each taken when they are new', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const taken: string[] = [];
  for (let run = 0; run < 7; run++) {
    await move(folder, `img${run % 3}.jpg`, `${run}`);
    taken.push(...(await takeRun(camera)));
  }
  t.deepEqual(taken, ['0', '1', '2', '3', '4', '5', '6']);
});

test('a half that is written in place is not taken, and what is beside it is', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const slow = jpeg('slow'.repeat(50));
  const taken: string[][] = [];
  for (let run = 0; run < 6; run++) {
    await appendFile(join(folder, 'a-slow.jpg'), slow.subarray(run * 30, (run + 1) * 30));
    await move(folder, `event-${run}.jpg`, `${run}`);
    taken.push(await takeRun(camera));
  }
  t.deepEqual(taken, [['0'], ['1'], ['2'], ['3'], ['4'], ['5']]);
  await appendFile(join(folder, 'a-slow.jpg'), slow.subarray(180));
  t.deepEqual(await takeRun(camera), ['slow'.repeat(50)]);
});

test('a half that is found with a whole image is not taken in the same run', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  await move(folder, 'a.jpg', 'a');
  const second = jpeg('second');
  await writeFile(join(folder, 'b.jpg'), second.subarray(0, 10));
  t.deepEqual(await takeRun(camera), ['a']);
  await writeFile(join(folder, 'b.jpg'), second);
  t.deepEqual(await takeRun(camera), ['second']);
});

test('a file that was incomplete when a newer one was taken is taken after a restart', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(join(folder, 'a.jpg'), jpeg('a').subarray(0, 10));
  await move(folder, 'b.jpg', 'b');
  t.deepEqual(await takeRun(open()), ['b']);
  const restarted = open();
  t.deepEqual(await takeRun(restarted), []);
  t.is((await restarted.take(new AbortController().signal))?.bytes.length, 10);
});

test('a file that is never whole is reported', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const changes = async () => {
    await writeFile(join(folder, 'live.jpg'), `half ${Math.random()}`);
    return takeRun(camera);
  };
  const errors: string[] = [];
  for (let run = 0; run < 20; run++)
    await changes().catch((error: Error) => errors.push(error.message));
  t.deepEqual(errors, ['live.jpg changes all the time and is never whole']);
});

test('a new time without a new content is not another snapshot', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  await writeFile(join(folder, 'event.jpg'), jpeg('event'));
  const taken: string[] = [];
  for (let run = 0; run < 4; run++) {
    taken.push(...(await takeRuns(camera, 2)));
    await utimes(join(folder, 'event.jpg'), Date.now() / 1000, Date.now() / 1000 + run);
  }
  t.deepEqual(taken, ['event']);
});

test('a symbolic link to the newest image is not another snapshot', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  const taken: string[] = [];
  for (let run = 0; run < 4; run++) {
    await move(folder, `${run}.jpg`, `${run}`);
    await unlink(join(folder, 'lastsnap.jpg')).catch(() => undefined);
    await symlink(`${run}.jpg`, join(folder, 'lastsnap.jpg'));
    taken.push(...(await takeRun(camera)));
  }
  t.deepEqual(taken, ['0', '1', '2', '3']);
  t.deepEqual(await takeRuns(open(), 2), [], 'nor after a restart');
});

test('a hard link to an image is not another snapshot, and is deleted with it', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open({ afterwards: 'delete' });
  await writeFile(join(folder, 'a.jpg'), jpeg('a'));
  await link(join(folder, 'a.jpg'), join(folder, 'b.jpg'));
  t.deepEqual(await takeRuns(camera, 3), ['a']);
  t.deepEqual(await readdir(folder), []);
});

test('a hard link to an image that was taken before is not another snapshot', async (t) => {
  const { folder, open } = await watchedFolder(t);
  const camera = open();
  await writeFile(join(folder, 'a.jpg'), jpeg('a'));
  t.deepEqual(await takeRuns(camera, 2), ['a']);
  await link(join(folder, 'a.jpg'), join(folder, 'b.jpg'));
  await rename(join(folder, 'a.jpg'), join(folder, 'c.jpg'));
  t.deepEqual(await takeRuns(camera, 3), []);
});

test('links that lead to themselves or out of the folder cost only themselves', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(join(folder, '..', 'outside.jpg'), jpeg('outside'));
  await symlink('self.jpg', join(folder, 'self.jpg'));
  await symlink('ring-b.jpg', join(folder, 'ring-a.jpg'));
  await symlink('ring-a.jpg', join(folder, 'ring-b.jpg'));
  await symlink('../outside.jpg', join(folder, 'out.jpg'));
  await symlink('..', join(folder, 'above'));
  await writeFile(join(folder, 'good.jpg'), jpeg('good'));
  const camera = open();
  t.deepEqual(await takeRuns(camera, 3), ['good']);
  t.deepEqual(camera.backlog().reasons, { linkElsewhere: 1, brokenLink: 3, otherExtension: 1 });
});

test('a link to a file of the folder that is not taken by its own name is a snapshot', async (t) => {
  const { folder, open } = await watchedFolder(t);
  await writeFile(join(folder, '.current'), jpeg('1'));
  await symlink('.current', join(folder, 'latest.jpg'));
  t.deepEqual(await takeRuns(open(), 2), ['1']);
});
