import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ThumbnailCache } from '../../../core/images/thumbnail-cache.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const sha = (n: number) => String(n).padStart(64, '0');

/** Begins and ends as a JPEG does. */
function jpeg(bytes: number): Buffer {
  const content = Buffer.alloc(bytes, 1);
  content.writeUInt16BE(0xffd8, 0);
  content.writeUInt16BE(0xffd9, bytes - 2);
  return content;
}

const open = async (folder: string, hasSpace = true) => {
  const cache = new ThumbnailCache({
    ...{ folder, maxBytes: 1_000, log: silentLogger() },
    hasSpace: async () => hasSpace,
  });
  await cache.start();
  return cache;
};

test('thumbnails take no more than their budget: the one that was used longest ago goes first', async (t) => {
  const folder = await temporaryFolder(t);
  const cache = await open(folder);
  for (const n of [1, 2, 3]) await cache.put(sha(n), 320, jpeg(300));
  t.truthy(await cache.get(sha(1), 320));
  await cache.put(sha(4), 320, jpeg(300));
  t.is(await cache.get(sha(2), 320), undefined);
  t.truthy(await cache.get(sha(1), 320));
  t.is(cache.bytes, 900);
  t.is((await readdir(folder)).length, 3);
});

test('a restart finds the thumbnails, and removes what is none', async (t) => {
  const folder = await temporaryFolder(t);
  const before = await open(folder);
  await before.put(sha(1), 160, jpeg(300));
  await before.put(sha(1), 640, jpeg(400));
  await before.stop();
  await writeFile(join(folder, `${sha(2)}-320.jpg.part`), 'x');
  const cache = await open(folder);
  t.is(cache.bytes, 700);
  t.deepEqual(await cache.get(sha(1), 160), jpeg(300));
  await cache.removeAll(sha(1));
  t.deepEqual(await readdir(folder), []);
  t.is(cache.bytes, 0);
});

test('a thumbnail that a power failure has cut off is not shown', async (t) => {
  const folder = await temporaryFolder(t);
  await (await open(folder)).put(sha(1), 320, jpeg(300));
  await truncate(join(folder, `${sha(1)}-320.jpg`), 200);
  const cache = await open(folder);
  t.is(await cache.get(sha(1), 320), undefined);
  t.is(cache.bytes, 0);
});

test('without space on the disk, a thumbnail is not kept', async (t) => {
  const cache = await open(await temporaryFolder(t), false);
  await cache.put(sha(1), 320, jpeg(300));
  t.is(await cache.get(sha(1), 320), undefined);
});
