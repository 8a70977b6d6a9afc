import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Service } from '../../../../core/runtime/lifecycle.js';
import type { FileStore } from '../../../../core/store/file-store.js';
import { FilesUnavailableError } from '../../../../core/store/files-unavailable.js';
import { LocalFileStore } from '../../../../core/store/local-file-store.js';
import { S3FileStore } from '../../../../core/store/s3-file-store.js';
import { silentProxy } from '../../../fakes/silent-proxy.js';
import { withS3 } from '../../../support/s3.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const KEY = 'originals/ab/abcd.jpg';
const newBucket = withS3(test);

async function started<S extends FileStore & Service>(t: ExecutionContext, store: S): Promise<S> {
  await store.start?.();
  t.teardown(() => store.stop?.());
  return store;
}

const stores: Record<string, (t: ExecutionContext) => Promise<FileStore>> = {
  'a folder': async (t) => started(t, new LocalFileStore(await temporaryFolder(t))),
  'an S3 bucket': async (t) => started(t, new S3FileStore(await newBucket())),
  'a prefix in an S3 bucket': async (t) =>
    started(t, new S3FileStore({ ...(await newBucket()), prefix: 'some/where/' })),
};

for (const [name, open] of Object.entries(stores)) {
  test(`a stored file can be read, whole and in part (${name})`, async (t) => {
    const store = await open(t);
    const bytes = randomBytes(300_000);
    await store.put(KEY, bytes);
    t.deepEqual(await store.readWhole(KEY), bytes);
    const file = await store.get(KEY);
    if (!file) return t.fail('it should be there');
    t.is(file.bytes, bytes.length);
    t.deepEqual(await buffer(file.read()), bytes);
    t.deepEqual(await buffer(file.read({ start: 100, end: 199 })), bytes.subarray(100, 200));
    t.deepEqual(await buffer(file.read({ start: 299_999, end: 299_999 })), bytes.subarray(-1));
  });

  test(`an existing file is left as it is (${name})`, async (t) => {
    const store = await open(t);
    await store.put(KEY, Buffer.from('first'));
    await store.put(KEY, Buffer.from('second'));
    t.is(String(await store.readWhole(KEY)), 'first');
    const many = Array.from({ length: 8 }, () => store.put('a/b', Buffer.from('same')));
    await Promise.all(many);
    t.is(String(await store.readWhole('a/b')), 'same');
  });

  test(`a removed file is gone, and removing a missing one is no error (${name})`, async (t) => {
    const store = await open(t);
    await store.put(KEY, Buffer.from('bytes'));
    await store.remove(KEY);
    await store.remove(KEY);
    t.is(await store.get(KEY), undefined);
    t.is(await store.readWhole(KEY), undefined);
  });

  test(`a key cannot point outside the store (${name})`, async (t) => {
    const store = await open(t);
    for (const key of ['../out', '/etc/passwd', 'a/../../b', 'A', ''])
      await t.throwsAsync(store.put(key, Buffer.from('x')), { message: /not a file key/ });
  });

  test(`a reader that stops in the middle does no harm (${name})`, async (t) => {
    const store = await open(t);
    const bytes = randomBytes(2_000_000);
    await store.put(KEY, bytes);
    const reading = (await store.get(KEY))?.read();
    if (!reading) return t.fail('it should be there');
    for await (const _ of reading) break;
    t.true(reading.destroyed);
    t.deepEqual(await store.readWhole(KEY), bytes);
  });
}

test('an unusable bucket is reported at the start', async (t) => {
  const bucket = await newBucket();
  const absent = new S3FileStore({ ...bucket, bucket: 'another-one' });
  await t.throwsAsync(absent.start(), { name: 'StartError', message: /another-one/ });
});

test('a bucket that stops answering fails within its deadlines, also within a file, and works again (S3)', async (t) => {
  const bucket = await newBucket();
  const proxy = await silentProxy(t, {
    host: '127.0.0.1',
    port: Number(new URL(bucket.endpoint ?? '').port),
  });
  const store = await started(
    t,
    new S3FileStore(
      { ...bucket, endpoint: `http://127.0.0.1:${proxy.port}` },
      { silenceMs: 1_000, bytesMs: 1_000, checkMs: 1_000 },
    ),
  );
  const bytes = randomBytes(8_000_000);
  await store.put(KEY, bytes);
  const file = await store.get(KEY);
  const reader = file?.read();
  await t.throwsAsync(
    async () => {
      for await (const _ of reader ?? []) proxy.silenceNew();
    },
    { instanceOf: FilesUnavailableError },
    'the rest of the file does not arrive',
  );
  const began = performance.now();
  await t.throwsAsync(store.check(), { instanceOf: FilesUnavailableError });
  await t.throwsAsync(store.readWhole(KEY), { instanceOf: FilesUnavailableError });
  await t.throwsAsync(store.put('originals/cd/cdef.jpg', bytes), {
    instanceOf: FilesUnavailableError,
  });
  t.true(performance.now() - began < 30_000);
  proxy.restore();
  await store.check();
  t.true((await store.readWhole(KEY))?.equals(bytes));
});
