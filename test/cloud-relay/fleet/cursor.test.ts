import test from 'ava';
import {
  decodeCursor,
  decodeDailyCursor,
  encodeCursor,
  encodeDailyCursor,
} from '../../../cloud-relay/fleet/cursor.js';

const snapshot = '01890000-0000-7000-8000-000000000000';
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a cursor leads back to its position', (t) => {
  const position = { takenAt: 1_700_000_000_000, snapshot };
  t.deepEqual(decodeCursor(encodeCursor(position)), position);
  const daily = { day: 1_700_000_000_000, label: 'stop sign' };
  t.deepEqual(decodeDailyCursor(encodeDailyCursor(daily)), daily);
});

test('a cursor that no page has given is refused, also one with a NUL character', (t) => {
  const wrong = [
    ...['\0', `${snapshot}\0`, `\0${snapshot}`, 'constructor', '', 'x'.repeat(36)].map((id) =>
      encoded([1, id]),
    ),
    ...[[1.5, snapshot], ['1', snapshot], [1], [1, snapshot, 2], { 0: 1, 1: snapshot }].map(
      encoded,
    ),
    ...['', '\0', '!', 'AAAA', '0'.repeat(256)],
  ];
  for (const text of wrong)
    t.throws(() => decodeCursor(text), { code: 'invalid_parameter' }, JSON.stringify(text));
  for (const text of [encoded([1, 'a\0']), encoded([1, '']), encoded([1, 'x'.repeat(65)]), ''])
    t.throws(() => decodeDailyCursor(text), { code: 'invalid_parameter' }, JSON.stringify(text));
});
