import test from 'ava';
import type { ProblemCode } from '../../../../core/contract/problem.js';
import { clientFormOf } from '../../../../core/images/deepstack/client-form.js';
import type { ProblemError } from '../../../../core/runtime/errors.js';

const JPEG = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(300, 7)]);
const OTHER = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(50, 9)]);
const BASE64 = JPEG.toString('base64');

/** A multipart body of parts with these lines before their contents. */
function multipart(parts: [lines: string, content: string | Buffer][], boundary = 'b'): Buffer {
  const pieces = parts.flatMap(([lines, content]) => [
    Buffer.from(`--${boundary}\r\n${lines}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

const TYPE = 'multipart/form-data; boundary=b';
const file = (name: string) => `Content-Disposition: form-data; name="${name}"; filename="a.jpg"`;
const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;

test('the file of a form is the image, whatever its name', (t) => {
  for (const name of ['image', 'image1', 'file', 'upload', 'snapshot'])
    t.deepEqual(clientFormOf(multipart([[file(name), JPEG]]), TYPE).image(), JPEG, name);
});

test('of several files, the one that is named for the image counts, wherever it stands', (t) => {
  const parts: [string, Buffer][] = [
    [file('mask'), OTHER],
    [file('image1'), JPEG],
  ];
  t.deepEqual(clientFormOf(multipart(parts), TYPE).image(), JPEG);
  t.deepEqual(clientFormOf(multipart(parts.reverse()), TYPE).image(), JPEG);
  const others: [string, Buffer][] = [
    [file('first'), JPEG],
    [file('second'), OTHER],
  ];
  t.deepEqual(clientFormOf(multipart(others), TYPE).image(), JPEG);
});

test('fields count before and behind the image, without quotes too; of two the first; not if empty', (t) => {
  const body = multipart([
    ['Content-Disposition: form-data; name=api_key', 'key'],
    [file('image'), JPEG],
    ['content-type: text/plain\r\ncontent-disposition: form-data; name="min_confidence"', ' 0,5 '],
    [field('min_confidence'), '0.9'],
    [field('userid'), ''],
    [field('__proto__'), 'x'],
  ]);
  const { fields } = clientFormOf(body, TYPE);
  t.is(fields.api_key, 'key');
  t.is(fields.min_confidence, '0,5');
  t.false('userid' in fields);
  t.is(Object.getPrototypeOf(fields), null);
});

test('a file name that looks like a name of a field is none', (t) => {
  const lines = 'Content-Disposition: form-data; filename="a; name=api_key.jpg"; name="image"';
  const { image, fields } = clientFormOf(multipart([[lines, JPEG]]), TYPE);
  t.deepEqual(image(), JPEG);
  t.deepEqual(Object.keys(fields), []);
});

test('an image in base64 is decoded, from a form and from JSON, as a data URL too', (t) => {
  const url = `data:image/jpeg;base64,${BASE64}`;
  const encoded = 'application/x-www-form-urlencoded';
  const json = 'application/json; charset=utf-8';
  const wrapped = BASE64.replace(/(.{76})/g, '$1\r\n');
  const base64url = JPEG.toString('base64url');
  for (const text of [BASE64, url, wrapped, base64url])
    t.deepEqual(clientFormOf(multipart([[field('image'), text]]), TYPE).image(), JPEG);
  for (const body of [
    new URLSearchParams({ image: BASE64 }).toString(),
    new URLSearchParams({ image: url, min_confidence: '0.3' }).toString(),
    `min_confidence=0.3&image=${BASE64}`,
  ])
    for (const type of [encoded, ''])
      t.deepEqual(
        clientFormOf(Buffer.from(body), type).image(),
        JPEG,
        `${type} ${body.slice(0, 30)}`,
      );
  for (const type of [json, ''])
    t.deepEqual(clientFormOf(Buffer.from(JSON.stringify({ image: url })), type).image(), JPEG);
});

test('JSON may have numbers, or be the payload of CodeProject.AI', (t) => {
  const flat = clientFormOf(
    Buffer.from(JSON.stringify({ image1: BASE64, min_confidence: 0.25, api_key: 'key', more: {} })),
    'application/json',
  );
  t.deepEqual(flat.image(), JPEG);
  t.deepEqual({ ...flat.fields }, { min_confidence: '0.25', api_key: 'key' });
  const payload = {
    command: 'detect',
    values: [{ key: 'min_confidence', value: ['0.3', '0.4'] }],
    files: [{ name: 'image', filename: 'a.jpg', contentType: 'image/jpeg', data: BASE64 }],
  };
  const form = clientFormOf(Buffer.from(JSON.stringify(payload)), 'application/json');
  t.deepEqual(form.image(), JPEG);
  t.is(form.fields.min_confidence, '0.3');
});

test('the bytes count more than the type that is declared', (t) => {
  for (const type of ['', 'application/x-www-form-urlencoded', 'image/png', 'text/plain'])
    t.deepEqual(clientFormOf(JPEG, type).image(), JPEG, type);
  const body = multipart([[file('image'), JPEG]]);
  for (const type of [
    '',
    'multipart/form-data',
    'multipart/form-data; boundary=other',
    'text/html',
  ])
    t.deepEqual(clientFormOf(body, type).image(), JPEG, type);
  // A field without a file name that has the bytes themselves.
  t.deepEqual(clientFormOf(multipart([[field('image'), JPEG]]), TYPE).image(), JPEG);
});

test('a form without an image has none; the file that is no image is left to the check of its kind', (t) => {
  t.is(clientFormOf(Buffer.alloc(0), TYPE).image(), undefined);
  t.is(clientFormOf(multipart([[field('min_confidence'), '1']]), TYPE).image(), undefined);
  t.is(clientFormOf(multipart([[file('image'), '']]), TYPE).image(), undefined);
  t.is(clientFormOf(Buffer.from('{}'), 'application/json').image(), undefined);
  const text = Buffer.from('no image');
  t.deepEqual(clientFormOf(multipart([[file('image'), text]]), TYPE).image(), text);
  t.deepEqual(clientFormOf(text, 'image/jpeg').image(), text);
});

test('what cannot be read is refused with what is expected', (t) => {
  const cases: [body: string | Buffer, type: string, code: ProblemCode, message: RegExp][] = [
    [
      multipart([[field('image'), 'not base64!']]),
      TYPE,
      'missing_image',
      /neither a file nor base64/,
    ],
    ['{"image":', 'application/json', 'invalid_request', /not a JSON object/],
    ['[1,2]', 'application/json', 'invalid_request', /not a JSON object/],
    ['nothing of a form', TYPE, 'invalid_request', /has no parts/],
    ['some text', 'text/plain', 'unsupported_request_type', /multipart\/form-data/],
  ];
  for (const [body, type, code, message] of cases) {
    const error = t.throws<ProblemError>(() => clientFormOf(Buffer.from(body), type).image(), {
      message,
    });
    t.is(error.code, code);
  }
});

test('a body of very many fields is refused before they take memory', (t) => {
  const bodies: [body: string, type: string][] = [
    ['a&'.repeat(5_000_000), 'application/x-www-form-urlencoded'],
    [`{"values":[${'{},'.repeat(3_000_000)}{}]}`, 'application/json'],
    [`{"a":${'['.repeat(5_000_000)}`, 'application/json'],
  ];
  for (const [body, type] of bodies) {
    const bytes = Buffer.from(body);
    const before = process.memoryUsage().heapUsed;
    const error = t.throws<ProblemError>(() => clientFormOf(bytes, type), {
      message: /too many fields/,
    });
    t.is(error.code, 'invalid_request');
    t.true(process.memoryUsage().heapUsed - before < 20_000_000);
  }
});

test('an invalid body never appears in the error', (t) => {
  const error = t.throws(() =>
    clientFormOf(Buffer.from('{"api_key":"sg_secret"'), 'application/json'),
  );
  t.false(`${error.message}${error.cause}`.includes('sg_secret'));
});
