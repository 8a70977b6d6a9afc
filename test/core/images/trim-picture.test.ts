import test from 'ava';
import { isPicture, trimPicture } from '../../../core/images/trim-picture.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const JPEG = bytes('ffd8 fffe0004abcd ffda0003aa 11ff00 22ffd3 33 ffd9');
const PNG = bytes('89504e470d0a1a0a ffd8ff ffd9');
const join = (...parts: Buffer[]) => Buffer.concat(parts);

test('what stands before a picture goes', (t) => {
  const heads = [
    '',
    '\r\n',
    '\xef\xbb\xbf',
    'Content-Type: image/jpeg\r\n\r\n',
    '\xff\xd8',
    '\xff',
  ];
  for (const head of heads)
    t.deepEqual(trimPicture(join(Buffer.from(head, 'latin1'), JPEG)), JPEG, JSON.stringify(head));
  t.deepEqual(trimPicture(join(Buffer.alloc(1_024), JPEG)), JPEG);
});

test('a picture that begins later than 1 KiB is not looked for', (t) => {
  const late = join(Buffer.alloc(1_025), JPEG);
  t.is(trimPicture(late), late);
  t.false(isPicture(late));
});

test('a little behind a picture stays, and more goes', (t) => {
  for (const size of [0, 4, 1_024])
    t.is(trimPicture(join(JPEG, Buffer.alloc(size, 7))).length, JPEG.length + size);
  t.deepEqual(trimPicture(join(bytes('0d0a'), JPEG, Buffer.alloc(1_025, 7))), JPEG);
});

test('a picture without its end stays whole', (t) => {
  const open = join(bytes('0d0a'), JPEG.subarray(0, -2), Buffer.alloc(3_000));
  t.deepEqual(trimPicture(open), open.subarray(2));
});

test('half a picture before a whole one stays, so that the decoder can refuse it', (t) => {
  const both = join(bytes('0d0a'), JPEG.subarray(0, 14), JPEG);
  t.deepEqual(trimPicture(both), both.subarray(2));
});

test('other kinds and other bytes are left as they are', (t) => {
  for (const other of [PNG, Buffer.from('hello'), Buffer.alloc(0)]) t.is(trimPicture(other), other);
  t.true(isPicture(PNG));
  t.true(isPicture(JPEG));
  t.false(isPicture(Buffer.from('hello')));
});
