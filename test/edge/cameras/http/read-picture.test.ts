import test from 'ava';
import { firstJpeg } from '../../../../edge/cameras/http/first-jpeg.js';
import { readPicture } from '../../../../edge/cameras/http/read-picture.js';
import { partHead, streamFaults } from '../../../fakes/stream-faults.js';

/** Markers with bytes between them; nothing here decodes them. */
const picture = (fill: number, size = 5_000) =>
  Buffer.concat([
    Buffer.from('ffd8fffe0004abcdffda0003aa', 'hex'),
    Buffer.alloc(size, fill),
    Buffer.from('ffd9', 'hex'),
  ]);
const [FIRST, SECOND] = [picture(1), picture(2)];
const text = (value: string) => Buffer.from(value, 'latin1');
const part = partHead;

async function* stream(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const [name, parts] of Object.entries(streamFaults(FIRST, SECOND)))
  test(`the first whole picture of a stream is taken: ${name}`, async (t) => {
    for (const size of [1_000_000, 1_460, 7])
      t.deepEqual(await firstJpeg(stream(Buffer.concat(parts), size), 20_000, 'b'), FIRST);
  });

/** Pictures without an end marker, as some firmware sends them. */
const endless = (fill: number) => picture(fill).subarray(0, -2);

test('a camera that leaves out the end marker always is read up to the delimiter', async (t) => {
  const parts = [1, 2, 3, 4, 5].flatMap((fill) => [text('\r\n--b\r\n'), part(), endless(fill)]);
  for (const size of [1_460, 7])
    t.deepEqual(await firstJpeg(stream(Buffer.concat(parts), size), 20_000, 'b'), endless(3));
});

test('bytes that a camera adds behind a picture belong to it, up to any delimiter', async (t) => {
  const counted = Buffer.concat([FIRST, text('000017')]);
  for (const delimiter of ['\r\n--b\r\n', '\nb\r\n', '--b\r\n', '\r\n--other\r\n'])
    for (const size of [1_460, 7]) {
      const bytes = Buffer.concat([part(), counted, text(delimiter), part(), SECOND]);
      t.deepEqual(await firstJpeg(stream(bytes, size), 20_000, 'b'), counted, delimiter);
    }
});

test('a picture that is followed by silence is taken without a delimiter', async (t) => {
  async function* silent(): AsyncGenerator<Buffer> {
    yield Buffer.concat([part(), FIRST]);
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }
  t.deepEqual(await firstJpeg(silent(), 20_000, 'b'), FIRST);
});

test('a picture that begins far behind the start of the stream is not looked for', async (t) => {
  const bytes = Buffer.concat([Buffer.alloc(3_000_000, 'x'), FIRST, text('\r\n--b\r\n')]);
  t.like(await t.throwsAsync(firstJpeg(stream(bytes, 65_536), 20_000)), { code: 'unreadable' });
});

test('a stream without any picture ends within its bound', async (t) => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(10_000, 0x42);
  }
  t.like(await t.throwsAsync(firstJpeg(endless(), 20_000)), { code: 'unreadable' });
});

test('a picture that has no end is given up at the bound of a snapshot', async (t) => {
  async function* endless(): AsyncGenerator<Buffer> {
    yield FIRST.subarray(0, 1_000);
    for (;;) yield Buffer.alloc(10_000, 0x42);
  }
  t.like(await t.throwsAsync(firstJpeg(endless(), 50_000)), { code: 'too_large' });
});

test('a whole picture that is followed by silence is taken at once; half a picture is waited for', async (t) => {
  async function* hanging(bytes: Buffer): AsyncGenerator<Buffer> {
    yield bytes;
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }
  t.deepEqual(await readPicture(hanging(FIRST), 20_000, 10), FIRST);
  const more = readPicture(hanging(Buffer.concat([FIRST, text('more')])), 20_000, 10);
  t.deepEqual((await more).subarray(0, FIRST.length), FIRST);
  const half = readPicture(hanging(FIRST.subarray(0, 3_000)), 20_000, 10);
  const waited = new Promise((resolve) => setTimeout(resolve, 100, 'waited'));
  t.is(await Promise.race([half, waited]), 'waited');
});

test('a whole picture is taken although the camera goes on sending, or resets the connection', async (t) => {
  async function* dripping(): AsyncGenerator<Buffer> {
    yield FIRST;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield text('\r\n');
    }
  }
  const dripped = await readPicture(dripping(), 20_000, 50);
  t.deepEqual(dripped.subarray(0, FIRST.length), FIRST);
  async function* reset(bytes: Buffer): AsyncGenerator<Buffer> {
    yield bytes;
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  }
  t.deepEqual(await readPicture(reset(FIRST), 20_000), FIRST);
  await t.throwsAsync(readPicture(reset(FIRST.subarray(0, 3_000)), 20_000), { code: 'ECONNRESET' });
});

test('a stream that is joined in many small pieces before a picture is read piece by piece', async (t) => {
  const before = Buffer.alloc(60_000, 0x42);
  t.deepEqual(await firstJpeg(stream(Buffer.concat([before, FIRST]), 3), 100_000), FIRST);
});
