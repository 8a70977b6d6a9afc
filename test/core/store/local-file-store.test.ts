import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { LocalFileStore } from '../../../core/store/local-file-store.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function startStore() {
  const folder = await temporaryFolder();
  const store = new LocalFileStore(folder);
  await store.start();
  return { folder, store };
}

async function bytesOf(stream: AsyncIterable<Buffer>) {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a file is stored once, read whole or in part, and removed', async (t) => {
  const { store } = await startStore();
  await store.put('originals/ab/abc', Buffer.from('hello world'));
  await store.put('originals/ab/abc', Buffer.from('something else'));
  t.is((await store.readWhole('originals/ab/abc'))?.toString(), 'hello world');
  const file = await store.get('originals/ab/abc');
  t.is(file?.bytes, 11);
  if (!file) return t.fail('it is gone');
  t.is((await bytesOf(file.read({ start: 6, end: 10 }))).toString(), 'world');
  await store.remove('originals/ab/abc');
  await store.remove('originals/ab/abc');
  t.is(await store.get('originals/ab/abc'), undefined);
  t.is(await store.readWhole('originals/ab/abc'), undefined);
});

test('no other user can read what is stored', async (t) => {
  const { folder, store } = await startStore();
  await store.put('originals/ab/abc', Buffer.from('secret'));
  t.is((await stat(join(folder, 'originals/ab/abc'))).mode & 0o777, 0o600);
  t.is((await stat(join(folder, 'originals'))).mode & 0o777, 0o700);
});

test('a key that points outside the folder is refused', async (t) => {
  const { store } = await startStore();
  for (const key of [
    '../outside',
    'a/../../b',
    '/etc/passwd',
    'a\0b',
    '',
    'A',
    '.hidden',
    'a\\b',
  ]) {
    await t.throwsAsync(store.put(key, Buffer.from('x')), { message: /not a file key/ }, key);
    await t.throwsAsync(store.get(key), { message: /not a file key/ }, key);
    await t.throwsAsync(store.remove(key), { message: /not a file key/ }, key);
  }
});

test('partly written files are removed at the start, and are never visible under their key', async (t) => {
  const { folder } = await startStore();
  await writeFile(join(folder, 'incoming', 'half'), 'half of it');
  await new LocalFileStore(folder).start();
  t.deepEqual(await readdir(join(folder, 'incoming')), []);
});

test('a failed put leaves nothing behind', async (t) => {
  const { folder, store } = await startStore();
  await writeFile(join(folder, 'originals'), 'a file where a folder should be');
  await t.throwsAsync(store.put('originals/ab/abc', Buffer.from('x')));
  t.deepEqual(await readdir(join(folder, 'incoming')), []);
});

test('a folder that someone removed is made again', async (t) => {
  const { folder, store } = await startStore();
  await store.put('originals/ab/abc', Buffer.from('x'));
  await rm(join(folder, 'originals'), { recursive: true });
  await store.put('originals/ab/abc', Buffer.from('x'));
  t.is((await store.readWhole('originals/ab/abc'))?.toString(), 'x');
});

test('of several calls that store the same file at once one writes it, and the others wait for that', async (t) => {
  const { folder, store } = await startStore();
  const bytes = Buffer.alloc(3_000_000, 'x');
  let flushed = 0;
  const first = store.put('originals/ab/abc', bytes).then(() => flushed++);
  const others = [1, 2, 3].map(async () => {
    await store.put('originals/ab/abc', bytes);
    return flushed;
  });
  t.is((await readdir(join(folder, 'incoming'))).length, 1);
  await first;
  t.deepEqual(await Promise.all(others), [1, 1, 1]);
  t.true((await store.readWhole('originals/ab/abc'))?.equals(bytes));
});

test('whenever the process is killed, a file under its key is complete', async (t) => {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  const module = new URL('../../../core/store/local-file-store.js', import.meta.url).href;
  const writer = `
    const { LocalFileStore } = await import(${JSON.stringify(module)});
    const store = new LocalFileStore(${JSON.stringify(folder)});
    await store.start();
    process.stdout.write('started');
    for (let i = 0; ; i++) await store.put('files/' + i, Buffer.alloc(1_000_000, i % 256));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const store = new LocalFileStore(folder);
  while (!(await store.get('files/2'))) await new Promise((resolve) => setTimeout(resolve, 5));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await store.start();
  const names = await readdir(join(folder, 'files'));
  t.true(names.length >= 3);
  for (const name of names) {
    const bytes = await store.readWhole(`files/${name}`);
    t.true(bytes?.equals(Buffer.alloc(1_000_000, Number(name) % 256)), name);
  }
});
