import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { headerOf, readHeader, TarError } from '../../../core/backup/tar-format.js';
import { readTar } from '../../../core/backup/tar-reader.js';
import { tarOf } from '../../support/tar.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const files = [
  { path: 'empty', content: Buffer.alloc(0) },
  { path: 'data/one block', content: Buffer.alloc(512, 1) },
  { path: `data/${'long-'.repeat(30)}/${'name'.repeat(24)}`, content: Buffer.from('Zürich') },
];

async function readAll(archive: Buffer, pieceBytes: number) {
  const pieces = async function* () {
    for (let at = 0; at < archive.length; at += pieceBytes)
      yield archive.subarray(at, at + pieceBytes);
  };
  const found = [];
  for await (const entry of readTar(pieces())) {
    const parts = [];
    for await (const part of entry.content()) parts.push(part);
    found.push({ path: entry.path, content: Buffer.concat(parts) });
  }
  return found;
}

for (const pieceBytes of [1, 511, 100_000])
  test(`an archive reads as it was written, in pieces of ${pieceBytes} bytes`, async (t) => {
    t.deepEqual(await readAll(tarOf(files), pieceBytes), files);
  });

test('Debian’s tar reads an archive', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'a.tar'), tarOf(files));
  execFileSync('tar', ['xf', 'a.tar'], { cwd: folder });
  for (const { path, content } of files) t.deepEqual(readFileSync(join(folder, path)), content);
});

test('a size of more than 8 GiB is kept', (t) => {
  const entry = { path: 'large', bytes: 20 * 2 ** 30 + 7 };
  t.deepEqual(readHeader(headerOf(entry)), entry);
});

test('a path that is too long is refused', (t) => {
  t.throws(() => headerOf({ path: 'a'.repeat(101), bytes: 0 }), { instanceOf: TarError });
});

const broken: [string, (header: Buffer) => void, RegExp][] = [
  ['a symbolic link', (h) => h.write('2', 156), /not a file/],
  ['a hard link', (h) => h.write('1', 156), /not a file/],
  ['a device', (h) => h.write('3', 156), /not a file/],
  ['a folder', (h) => h.write('5', 156), /not a file/],
  ['a sparse file', (h) => h.write('S', 156), /not a file/],
  ['extended headers', (h) => h.write('x', 156), /not a file/],
  ['a size that is not a number', (h) => h.write('99999999999\0', 124), /number/],
  ['a negative size', (h) => h.fill(0xff, 124, 136), /number/],
  ['a size of more than 48 bits', (h) => h.fill(0x80, 124, 136), /size/],
  ['a path that is not UTF-8', (h) => h.fill(0xff, 0, 4), /UTF-8/],
  ['another form', (h) => h.write('other', 257), /form/],
];

for (const [what, change, message] of broken)
  test(`an archive with ${what} is refused`, async (t) => {
    const archive = tarOf([{ path: 'a', content: Buffer.from('x'), change }]);
    await t.throwsAsync(readAll(archive, 4_096), { instanceOf: TarError, message });
  });

test('an archive that ends too early, or whose header was changed, is refused', async (t) => {
  const archive = tarOf(files);
  await t.throwsAsync(readAll(archive.subarray(0, 700), 4_096), { message: /too early/ });
  archive[0] = 0x42;
  await t.throwsAsync(readAll(archive, 4_096), { message: /checksum/ });
});
