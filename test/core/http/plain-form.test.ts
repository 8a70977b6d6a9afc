import { Readable } from 'node:stream';
import test from 'ava';
import fc from 'fast-check';
import multer from 'multer';
import { plainFormOf } from '../../../core/http/plain-form.js';

const LIMITS = { fields: 40, fieldSize: 4096, fileSize: 100_000 };
const TYPE = 'multipart/form-data; boundary=b';

interface Read {
  file: Buffer;
  fields: Record<string, unknown>;
}

/** The form as the general reader reads it; undefined if it refuses it or finds no file. */
function generally(body: Buffer, contentType: string): Promise<Read | undefined> {
  const headers = { 'content-type': contentType, 'content-length': String(body.length) };
  const request = Object.assign(Readable.from([body], { objectMode: false }), { headers });
  const read = multer({ storage: multer.memoryStorage(), limits: LIMITS }).single('image');
  return new Promise((resolve) => {
    // It uses no more of a request than this.
    const asRequest = request as unknown as Parameters<typeof read>[0];
    read(asRequest, {} as Parameters<typeof read>[1], (error: unknown) =>
      resolve(
        error || !asRequest.file
          ? undefined
          : { file: asRequest.file.buffer, fields: { ...asRequest.body } },
      ),
    );
  });
}

const plainly = (body: Buffer, contentType = TYPE): Read | undefined => {
  const form = plainFormOf(body, contentType, 'image', LIMITS);
  return form && { file: form.file, fields: { ...form.fields } };
};

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const FILE = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n';
const FIELD = '--b\r\nContent-Disposition: form-data; name="detector"\r\n\r\nstop-sign\r\n';
const END = '\r\n--b--\r\n';

const plain: Record<string, [string, string?]> = {
  'only a file': [`${FILE}\r\nabc${END}`],
  'a file with a type': [`${FILE}Content-Type: image/jpeg\r\n\r\nabc${END}`],
  'fields before and after': [`${FIELD}${FILE}\r\nabc\r\n${FIELD}${FIELD.slice(0, -2)}${END}`],
  'an empty file': [`${FILE}\r\n${END}`],
  'no line end behind the last delimiter': [`${FILE}\r\nabc\r\n--b--`],
  'a file with line ends, hyphens and almost a delimiter': [`${FILE}\r\n\r\n--\r\n--a\r\n-b${END}`],
  'a quoted boundary': [`${FILE}\r\nabc${END}`, 'multipart/form-data; boundary="b"'],
  'no space before the boundary': [`${FILE}\r\nabc${END}`, 'multipart/form-data;boundary=b'],
};
for (const [name, [text, type = TYPE]] of Object.entries(plain))
  test(`a form with ${name} is read without the general reader, and as by it`, async (t) => {
    const read = plainly(bytes(text), type);
    t.truthy(read);
    t.deepEqual(read, await generally(bytes(text), type));
  });

test('forms of the clients that there are most of are read without the general reader', async (t) => {
  const form = new FormData();
  form.append('detector', 'stop-sign');
  form.append('image', new Blob([bytes('\xff\xd8abc\r\n')], { type: 'image/jpeg' }), 'photo 1.jpg');
  const response = new Response(form);
  const type = response.headers.get('Content-Type') ?? '';
  const read = plainly(Buffer.from(await response.arrayBuffer()), type);
  t.deepEqual(read, { file: bytes('\xff\xd8abc\r\n'), fields: { detector: 'stop-sign' } });
  const curl =
    '--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nabc\r\n--------------------------d74496d66958873e--\r\n';
  const ofCurl = plainly(
    bytes(curl),
    'multipart/form-data; boundary=------------------------d74496d66958873e',
  );
  t.deepEqual(ofCurl, { file: bytes('abc'), fields: {} });
});

const others: Record<string, [string, string?]> = {
  'no file': [FIELD.slice(0, -2) + END],
  'two files': [`${FILE}\r\nabc\r\n${FILE}\r\nabc${END}`],
  'a file in another field': [`${FILE.replace('image', 'photo')}\r\nabc${END}`],
  'no end': [`${FILE}\r\nabc`],
  'text behind the end': [`${FILE}\r\nabc${END}more`],
  'text before the first delimiter': [`more\r\n${FILE}\r\nabc${END}`],
  'an escape in a name': [`${FILE.replace('a.jpg', 'a\\"b')}\r\nabc${END}`],
  'a path as file name': [`${FILE.replace('a.jpg', 'a/')}\r\nabc${END}`],
  'an empty file name': [`${FILE.replace('a.jpg', '')}\r\nabc${END}`],
  'a bracket in a name': [`${FIELD.replace('detector', 'a[1]')}${FILE}\r\nabc${END}`],
  'another header': [`${FILE}Content-Transfer-Encoding: base64\r\n\r\nabc${END}`],
  'a field with a character set': [
    `${FIELD.replace('\r\n\r\n', '\r\nContent-Type: text/plain; charset=latin1\r\n\r\n')}${FILE}\r\nabc${END}`,
  ],
  'a longer delimiter in the file': [`${FILE}\r\nabc\r\n--bc\r\n${END}`],
  'a field of other letters': [`${FIELD.replace('stop', '\xfc')}${FILE}\r\nabc${END}`],
  'a field that is too long': [`${FIELD.replace('stop', 'x'.repeat(4097))}${FILE}\r\nabc${END}`],
  'too many fields': [`${FIELD.repeat(41)}${FILE}\r\nabc${END}`],
  'a file that is too large': [`${FILE}\r\n${'x'.repeat(100_001)}${END}`],
  'another boundary': [`${FILE}\r\nabc${END}`, 'multipart/form-data; boundary=c'],
  'no boundary': [`${FILE}\r\nabc${END}`, 'multipart/form-data'],
  'a parameter more': [`${FILE}\r\nabc${END}`, `${TYPE}; charset=utf-8`],
};
for (const [name, [text, type = TYPE]] of Object.entries(others))
  test(`a form with ${name} is left to the general reader`, (t) => {
    t.is(plainly(bytes(text), type), undefined);
  });

test('whatever is read without the general reader has the same meaning to it', async (t) => {
  const piece = fc.oneof(
    fc.constantFrom(FILE, FIELD, END, '\r\n', '--b', '--', '\r\n--b\r\n', '\r\n\r\n', 'abc', '"'),
    fc.constantFrom(`${FILE}\r\n`, `${FIELD}${FILE}\r\n`, 'Content-Type: image/jpeg\r\n', '; '),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const odd = fc.array(piece, { maxLength: 12 }).map((pieces) => bytes(pieces.join('')));
  const whole = odd.map((middle) =>
    Buffer.concat([bytes(`${FIELD}${FILE}\r\n`), middle, bytes(END)]),
  );
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(odd, whole), async (body) => {
      const form = plainly(body);
      if (!form) return;
      read++;
      t.deepEqual(form, await generally(body, TYPE));
    }),
    { numRuns: 2_000 },
  );
  t.true(read > 100, `${read}`);
});
