import test from 'ava';
import fc from 'fast-check';
import { JpegScanner } from '../../../core/images/jpeg-scanner.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** SOI, a comment, a scan with a stuffed byte and a restart marker, EOI. */
const JPEG = bytes('ffd8 fffe0004abcd ffda0003aa 11ff00 22ffd3 33 ffd9');

function scan(input: Buffer, pieces = 1_000, leading?: number): JpegScanner {
  const scanner = new JpegScanner(leading);
  for (let i = 0; i < input.length; i += pieces) scanner.push(input.subarray(i, i + pieces));
  return scanner;
}

const found = (input: Buffer, pieces?: number) => {
  const { start, end } = scan(input, pieces);
  return start !== undefined && end !== undefined ? input.subarray(start, end) : undefined;
};

test('a picture is found whatever pieces it comes in', (t) => {
  for (let pieces = 1; pieces <= JPEG.length; pieces++) t.deepEqual(found(JPEG, pieces), JPEG);
});

test('bytes before and behind a picture are not part of it', (t) => {
  for (const before of ['', '0d0a', 'efbbbf', 'ff', 'ffd8', 'ffff', '2d2d626f756e640d0a0d0a'])
    for (const behind of ['', '0000', 'ffd9', 'ffd8ff'])
      t.deepEqual(
        found(Buffer.concat([bytes(before), JPEG, bytes(behind)])),
        JPEG,
        `${before} … ${behind}`,
      );
});

test('a picture may begin within the first bytes only', (t) => {
  const late = Buffer.concat([Buffer.alloc(1_025), JPEG]);
  t.true(scan(late).isHopeless);
  t.deepEqual(found(Buffer.concat([Buffer.alloc(1_024), JPEG])), JPEG);
  t.is(scan(late, 10, 5_000).end, late.length);
});

test('a thumbnail within a segment does not end the picture', (t) => {
  const thumbnail = Buffer.concat([
    bytes('ffe1'),
    bytes('0012'),
    Buffer.alloc(16, 'ffd8ffd9', 'hex'),
  ]);
  const input = Buffer.concat([JPEG.subarray(0, 2), thumbnail, JPEG.subarray(2)]);
  t.deepEqual(found(input), input);
});

test('fill bytes, bytes between segments and several scans are passed over', (t) => {
  const input = bytes(
    'ffd8 ffffffff fe0003aa 000000 ffda0003aa 1122 ffda0003bb 3344 ffc40003cc ffda0003dd 55 ffd9',
  );
  t.deepEqual(found(input), input);
});

test('a picture that another one cuts off does not count, and is noted', (t) => {
  const half = JPEG.subarray(0, 14);
  const scanner = scan(Buffer.concat([half, JPEG]));
  t.is(scanner.start, half.length);
  t.is(scanner.restarts, 1);
});

test('a picture without its end is not whole', (t) => {
  for (let length = 0; length < JPEG.length; length++)
    t.is(scan(JPEG.subarray(0, length)).end, undefined);
});

test('pieces make no difference to what is found in any bytes', (t) => {
  const part = fc.constantFrom('ff', 'd8', 'd9', 'da', '00', '0003', 'ffd8ff', 'e0', 'd0', '42');
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (parts, size) => {
          const input = bytes(parts.join(''));
          const [one, many] = [scan(input), scan(input, size)];
          return one.start === many.start && one.end === many.end && one.restarts === many.restarts;
        },
      ),
    ),
  );
});
