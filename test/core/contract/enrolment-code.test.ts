import { randomBytes } from 'node:crypto';
import test from 'ava';
import { decodeEnrolmentCode, encodeEnrolmentCode } from '../../../core/contract/enrolment-code.js';

const made = (address = 'relay.example.com:443') => ({
  address,
  fingerprint: Uint8Array.from(randomBytes(32)),
  secret: Uint8Array.from(randomBytes(15)),
});

test('a code holds address, fingerprint and secret', (t) => {
  for (const address of ['a:1', 'relay.example.com:8443', '[2001:db8::1]:443', '192.0.2.7:443']) {
    const code = made(address);
    const text = encodeEnrolmentCode(code);
    t.regex(text, /^SG1(-[0-9A-HJKMNP-TV-Z]{1,5})+$/);
    t.deepEqual(decodeEnrolmentCode(text), code);
  }
});

test('case, spaces, lines and mistaken letters do not matter', (t) => {
  const code = made();
  const text = encodeEnrolmentCode(code);
  t.deepEqual(decodeEnrolmentCode(` ${text.toLowerCase().replaceAll('-', ' ')}\n`), code);
  t.deepEqual(
    decodeEnrolmentCode(text.replace(/(?<=.{4})0/g, 'o').replace(/(?<=.{4})1/g, 'l')),
    code,
  );
});

test('every single typo, every swap of neighbours and every missing letter is named as a typo', (t) => {
  const text = encodeEnrolmentCode(made()).replaceAll('-', '');
  const faultOf = (typed: string) => {
    const found = decodeEnrolmentCode(typed);
    return 'fault' in found ? found.fault : undefined;
  };
  // The last letter may hold bits of padding.
  for (let at = 3; at < text.length - 1; at++) {
    const letter = text[at] ?? '';
    const other = letter === '7' ? '9' : '7';
    t.regex(faultOf(text.slice(0, at) + other + text.slice(at + 1)) ?? '', /typo|missing/);
    t.truthy(faultOf(text.slice(0, at) + text.slice(at + 1)), `without letter ${at}`);
    const next = text[at + 1] ?? '';
    if (next !== letter && at < text.length - 2)
      t.truthy(faultOf(text.slice(0, at) + next + letter + text.slice(at + 2)), `swap at ${at}`);
  }
});

test('what is no code is named as such', (t) => {
  for (const [text, message] of [
    ['', /begins with SG1/],
    ['hello', /begins with SG1/],
    ['SG1-ABCDE', /missing/],
    ['SG1-ABCD!', /no "!"/],
    ['SG1-'.padEnd(3_000, 'A'), /too long/],
    [encodeEnrolmentCode(made('host/path')), /address/],
    [encodeEnrolmentCode(made('user@host:1')), /address/],
    [encodeEnrolmentCode(made('a'.repeat(300))), /address/],
  ] as const) {
    const found = decodeEnrolmentCode(text);
    t.regex('fault' in found ? found.fault : '', message, text);
  }
});
