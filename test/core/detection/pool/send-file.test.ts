import { type FileHandle, mkdir, open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { sendFile } from '../../../../core/detection/pool/send-file.js';
import { FILE_HEADER_BYTES, fileSize } from '../../../../core/detection/protocol.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

async function sent(path: string, maxBytes: number) {
  const pipe = new PassThrough();
  const all = buffer(pipe);
  await sendFile(pipe, path, maxBytes);
  pipe.end();
  const bytes = await all;
  return {
    size: fileSize(bytes.subarray(0, FILE_HEADER_BYTES)),
    content: bytes.subarray(FILE_HEADER_BYTES),
  };
}

test('a worker is sent the size of a file, and its content if it wants so much', async (t) => {
  const file = join(await temporaryFolder(t), 'a.xml');
  const content = Buffer.alloc(2_500_000, 'abc');
  await writeFile(file, content);
  const whole = await sent(file, 3_000_000);
  t.is(whole.size, content.length);
  t.true(whole.content.equals(content));
  t.deepEqual(await sent(file, 1_000), { size: content.length, content: Buffer.alloc(0) });
  await truncate(file, 0);
  t.deepEqual(await sent(file, 1_000), { size: 0, content: Buffer.alloc(0) });
});

test('a file that is missing, or is a folder, is named as unreadable', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'b.xml'));
  for (const name of ['a.xml', 'b.xml'])
    t.deepEqual(await sent(join(folder, name), 1_000), {
      size: undefined,
      content: Buffer.alloc(0),
    });
});

// Before the others: what it replaces belongs to all files.
test.serial('a file that fails after it was opened is named as unreadable', async (t) => {
  const file = join(await temporaryFolder(t), 'a.xml');
  await writeFile(file, 'abc');
  const handle = await open(file);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { stat } = prototype;
  t.teardown(() => Object.assign(prototype, { stat }));
  Object.assign(prototype, { stat: () => Promise.reject(new Error('EIO')) });
  t.deepEqual(await sent(file, 1_000), { size: undefined, content: Buffer.alloc(0) });
});

test('a worker that ends while it is sent a file holds nothing up', async (t) => {
  const file = join(await temporaryFolder(t), 'a.onnx');
  await writeFile(file, Buffer.alloc(5_000_000));
  const pipe = new PassThrough();
  pipe.on('error', () => undefined);
  const sending = sendFile(pipe, file, 10_000_000);
  setTimeout(() => pipe.destroy(), 50);
  await t.notThrowsAsync(sending);
});

test('a worker that ended before it is written to holds nothing up', async (t) => {
  const file = join(await temporaryFolder(t), 'a.onnx');
  await writeFile(file, Buffer.alloc(5_000_000));
  for (let ended = 0; ended < 5; ended++) {
    // Ends at the nth write, and takes nothing afterwards.
    let writes = 0;
    const pipe: PassThrough = new PassThrough({ highWaterMark: 1 });
    const write = pipe.write.bind(pipe);
    pipe.on('error', () => undefined);
    pipe.write = ((chunk: Buffer) => {
      if (writes++ === ended) pipe.destroy();
      return write(chunk);
    }) as typeof pipe.write;
    const closed = new Promise((resolve) => pipe.once('close', resolve));
    pipe.resume();
    await t.notThrowsAsync(sendFile(pipe, file, 10_000_000));
    await closed;
  }
});
