import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { StartError } from '../../../core/runtime/errors.js';
import { FolderLock } from '../../../core/store/folder-lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('a data folder belongs to one process until that process ends', async (t) => {
  const folder = await temporaryFolder(t);
  const first = new FolderLock(folder).acquire();
  const error = t.throws(() => new FolderLock(folder).acquire(), { instanceOf: StartError });
  t.true(error?.message.includes(folder));
  await first.stop();
  await new FolderLock(folder).acquire().stop();
});

test('a data folder that cannot be created or used is one clear error', async (t) => {
  for (const folder of ['/proc/nothing/here', '/dev/null/folder'])
    t.throws(() => new FolderLock(folder).acquire(), {
      name: 'StartError',
      message: new RegExp(`^the folder ${folder} cannot be made: `),
    });
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  t.throws(() => new FolderLock(file).acquire(), {
    name: 'StartError',
    message: new RegExp(`^the data folder ${file} cannot be used: `),
  });
});

test('a lock file that is damaged is replaced, since no process can hold it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'lock'), 'This is not a database.\n'.repeat(1_000));
  t.false(FolderLock.isHeld(folder));
  const lock = new FolderLock(folder).acquire();
  t.true(FolderLock.isHeld(folder));
  t.throws(() => new FolderLock(folder).acquire(), { message: /another process uses/ });
  await lock.stop();
});
