import { crc32 as zlibCrc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { checksumState, withChecksum } from '../../../core/contract/checksum.js';
import { crc32 } from '../../../core/contract/crc32.js';
import { decodePayload, encodePayload } from '../../../core/contract/topic-payloads.js';
import { anArrival, EPOCH } from '../../support/delivery-fixtures.js';

const { record } = anArrival(7);
const text = () => encodePayload('up', record, { site: 'north' }) as string;

test('the CRC is that of zlib, over UTF-8', (t) => {
  t.is(crc32('123456789'), 'cbf43926');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      t.is(crc32(any), zlibCrc32(Buffer.from(any)).toString(16).padStart(8, '0'));
    }),
  );
});

test('the CRC of a text of any length is that of zlib', (t) => {
  for (const length of [0, 1, 2, 3, 4, 5, 2_730, 2_731, 8_192, 8_193, 100_000])
    for (const character of ['a', '€', '\u{1f6d1}']) {
      const any = `${character.repeat(length)}!`;
      t.is(crc32(any), zlibCrc32(Buffer.from(any)).toString(16).padStart(8, '0'), `${length}`);
    }
});

test('a record carries a checksum, and is decoded as it was', (t) => {
  t.regex(text(), /^\{"v":1,.*,"check":"[0-9a-f]{8}"\}$/);
  const decoded = decodePayload('up', text(), { site: 'north' });
  t.true(decoded.ok);
  if (decoded.ok) t.like(decoded.payload, { epoch: EPOCH, seq: 7 });
});

test('one flipped bit anywhere in a record or an acknowledgement is noticed', (t) => {
  const ack = { epoch: EPOCH, seq: 500, ahead: [[502, 510] as [number, number]] };
  for (const [topic, whole] of [
    ['up', text()],
    ['ack', encodePayload('ack', ack, { site: 'north' }) as string],
  ] as const) {
    const bytes = Buffer.from(whole);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decodePayload(topic, flipped.toString('utf8'), { site: 'north' });
      t.false(decoded.ok, `bit ${bit} of ${topic}: ${flipped}`);
      if (!decoded.ok) t.true(decoded.isDamaged, `bit ${bit} of ${topic}: ${decoded.reason}`);
    }
  }
});

test('several flipped bits do not make a record pass as one without a checksum', (t) => {
  const bytes = Buffer.from(text());
  fc.assert(
    fc.property(
      fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 2, maxLength: 4 }),
      fc.array(fc.integer({ min: bytes.length * 8 - 22 * 8, max: bytes.length * 8 - 1 }), {
        maxLength: 3,
      }),
      (anywhere, inTheField) => {
        const flipped = Buffer.from(bytes);
        const bits = new Set([...anywhere, ...inTheField]);
        for (const bit of bits) flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        t.false(decodePayload('up', flipped.toString('utf8'), { site: 'north' }).ok);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a record that arrives under another site id is noticed', (t) => {
  t.false(decodePayload('up', text(), { site: 'norti' }).ok);
});

test('a record of an appliance that adds no checksum is accepted', (t) => {
  t.true(decodePayload('up', JSON.stringify(record), { site: 'north' }).ok);
  t.is(checksumState('north', JSON.stringify(record)), 'absent');
  t.is(checksumState('north', '{}'), 'absent');
});

test('fields that the receiver does not know are covered', (t) => {
  const newer = withChecksum('north', JSON.stringify({ ...record, colour: 'red' }));
  t.true(decodePayload('up', newer, { site: 'north' }).ok);
  t.false(decodePayload('up', newer.replace('red', 'rad'), { site: 'north' }).ok);
});
