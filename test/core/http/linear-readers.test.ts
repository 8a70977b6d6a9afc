import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { anyProxy, clientAddressOf } from '../../../core/http/client-address.js';
import { devicePartsOf } from '../../../core/http/device-form.js';
import { plainFormOf } from '../../../core/http/plain-form.js';
import { nulsIn } from '../../../core/http/refuse-nul.js';
import { clientFormOf } from '../../../core/images/deepstack/client-form.js';
import { addressGroup } from '../../../core/runtime/address-group.js';
import { kindOf } from '../../../core/runtime/log-limit.js';
import { shortText } from '../../../core/runtime/shorten.js';
import { unknownName } from '../../../core/runtime/unknown-name.js';
import { HOSTILE_TEXTS, superlinear } from '../../support/hostile-text.js';

const LENGTH = 400_000;

const ignoring = (work: () => unknown) => {
  try {
    work();
  } catch {
    // A refusal is an answer, too.
  }
};

const body = (text: string) => Buffer.from(text, 'latin1');
const part = (head: string, content = 'x') =>
  body(`--b\r\nContent-Disposition: form-data; name="image"\r\n${head}\r\n\r\n${content}\r\n--b--`);
const FORM = 'multipart/form-data; boundary=b';
const LIMITS = { fields: 40, fieldSize: 4_096, fileSize: 1e9 };

const open = (bytes: Buffer, type: string) => {
  const form = clientFormOf(bytes, type);
  form.image();
};

/** Everything of ours that reads text of a client without a bound on its length, by what the text is. */
const READERS: Record<string, (text: string) => unknown> = {
  'a body of parts': (text) => devicePartsOf(body(`--b\r\n${text}`), FORM),
  'a body of parts without a declared boundary': (text) => devicePartsOf(body(text), ''),
  'a boundary': (text) => devicePartsOf(body('--b\r\n\r\nx'), `multipart/x; boundary=${text}`),
  'a quoted boundary': (text) => devicePartsOf(body('--b'), `multipart/x; boundary="${text}`),
  'a body that is nearly its boundary': (text) =>
    devicePartsOf(body(text), `multipart/form-data; boundary=${text.slice(0, 180)}`),
  'lines that are nearly a delimiter': (text) => {
    const boundary = 'a'.repeat(190);
    devicePartsOf(body(text.replaceAll(/.{8}/g, `\n--${boundary}`)), `x; boundary=${boundary}b`);
  },
  'the head of a part': (text) => devicePartsOf(part(text), FORM),
  'a disposition': (text) => open(part(`Content-Disposition: form-data; ${text}`), FORM),
  'the name of a part': (text) => open(part(`Content-Disposition: form-data; name=${text}`), FORM),
  'the content of a plain form': (text) => plainFormOf(part('', text), FORM, 'image', LIMITS),
  'a plain form': (text) => plainFormOf(body(`--b${text}`), FORM, 'image', LIMITS),
  'an encoded form': (text) => open(body(text), 'application/x-www-form-urlencoded'),
  'a field of an encoded form': (text) =>
    open(body(`image=${text}`), 'application/x-www-form-urlencoded'),
  JSON: (text) => open(body(`{"image":${text}`), 'application/json'),
  'text in JSON': (text) =>
    open(body(JSON.stringify({ image: text, a: text })), 'application/json'),
  'an unknown type': (text) => open(body('x'), text),
  'a data URL': (text) => open(body(JSON.stringify({ image: `data:${text}` })), 'application/json'),
  'X-Forwarded-For': (text) =>
    clientAddressOf(
      {
        headers: { 'x-forwarded-for': text },
        socket: { remoteAddress: '127.0.0.1' },
      } as unknown as IncomingMessage,
      anyProxy,
    ),
  'an address': (text) => addressGroup(text),
  'a name': (text) => unknownName('there is none', text, ['person', 'car', 'stop sign']),
  'a message of the log': (text) => kindOf(text) + shortText(text),
  'a value': (text) => nulsIn({ text, list: text.slice(0, 10_000).split('') }),
};

for (const [name, read] of Object.entries(READERS))
  test.serial(`the work for ${name} grows no faster than its length`, async (t) => {
    for (const [shape, text] of Object.entries(HOSTILE_TEXTS)) {
      const fault = await superlinear((long) => ignoring(() => read(long)), text, LENGTH);
      t.is(fault, undefined, `${shape}: ${fault}`);
    }
  });
