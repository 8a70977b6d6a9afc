import { createHmac } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { PictureLinks } from '../../../edge/publishing/picture-links.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const IMAGE = '0192ab34-cd56-7000-8000-000000000000';

async function setUp(t: ExecutionContext) {
  const folder = join(await temporaryFolder(t), 'data');
  const file = join(folder, 'picture-key');
  return { folder, file, open: () => new PictureLinks(file, { url: 'http://box' }) };
}

const codeBy = (key: Buffer) => createHmac('sha256', key).update(IMAGE).digest('base64url');

test('a URL that was issued before a restart is valid after it', async (t) => {
  const { folder, file, open } = await setUp(t);
  const url = open().urlOf(IMAGE);
  t.is(open().urlOf(IMAGE), url);
  t.deepEqual(await readdir(folder), ['picture-key']);
  t.is((await stat(file)).mode & 0o777, 0o600);
});

test('a key that a power cut left empty or truncated is created again, once', async (t) => {
  const { file, open } = await setUp(t);
  open().urlOf(IMAGE);
  for (const left of ['', 'ab'.repeat(31), 'no key']) {
    await writeFile(file, left);
    const url = open().urlOf(IMAGE);
    const key = Buffer.from(await readFile(file, 'utf8'), 'hex');
    t.is(key.length, 32);
    t.true(url.endsWith(`/${codeBy(key)}`));
    t.false(open().isCodeOf(IMAGE, codeBy(Buffer.from(left, 'hex'))));
    t.is(open().urlOf(IMAGE), url);
  }
});
