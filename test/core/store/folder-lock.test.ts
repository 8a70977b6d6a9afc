import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { StartError } from '../../../core/runtime/errors.js';
import { FolderLock } from '../../../core/store/folder-lock.js';

test('a data folder belongs to one process until that ends', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'siteglass-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const first = new FolderLock(folder).acquire();
  const error = t.throws(() => new FolderLock(folder).acquire(), { instanceOf: StartError });
  t.true(error?.message.includes(folder));
  await first.stop();
  await new FolderLock(folder).acquire().stop();
});
