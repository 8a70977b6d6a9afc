import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Problem } from '../../../core/contract/problem.js';
import type { CameraResource } from '../../../core/contract/site.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SECRET = 'a1B2c3D4e5F6g7H8-_';
const CAMERAS = `
cameras:
  - { id: gate, kind: push, maxPerMinute: 600, pushSecret: ${SECRET}, schedule: "* * * * * *" }
  - { id: yard, kind: push, maxPerMinute: 600, schedule: "* * * * * *" }
  - { id: drop, kind: folder, path: /tmp }
`;

interface Upload {
  method?: 'POST' | 'PUT';
  camera?: string;
  path?: string;
  headers?: Record<string, string>;
  body: Buffer;
}

async function start(t: ExecutionContext) {
  const configFile = join(await temporaryFolder(t), 'edge.yaml');
  await writeFile(configFile, CAMERAS);
  const edge = await startEdge([], { configFile });
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const { jpeg } = await renderScene({ width: 320, height: 240, seed: 1, signs: [] });
  const send = async ({
    method = 'POST',
    camera = 'gate',
    path = '',
    headers = {},
    body,
  }: Upload) => {
    const url = `${edge.url}/api/v1/cameras/${camera}/snapshots${path}`;
    const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
    const json = (await response.json()) as Problem & { image?: string };
    return { status: response.status, challenge: response.headers.get('WWW-Authenticate'), json };
  };
  const camera = async (id: string) =>
    (await api.get<{ camera: CameraResource }>(t, `/api/v1/cameras/${id}`)).json.camera;
  return { edge, api, send, camera, jpeg };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const basic = (password: string, user = 'camera') => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const JPEG = { 'Content-Type': 'image/jpeg' };

/** A form as a camera writes it. */
const form = (jpeg: Buffer, before: string, behind = '\r\n--b--\r\n'): Buffer =>
  Buffer.concat([Buffer.from(before, 'latin1'), jpeg, Buffer.from(behind, 'latin1')]);
const FORM = { 'Content-Type': 'multipart/form-data; boundary=b' };
const IMAGE = 'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
const EVENT =
  '--b\r\nContent-Disposition: form-data; name="event.xml"\r\nContent-Type: application/xml\r\n\r\n<Event/>\r\n';

test('a camera logs in with a token or with its own secret, as bearer, as a password or in the path', async (t) => {
  const { edge, send, jpeg } = await start(t);
  const good: Omit<Upload, 'body'>[] = [
    { headers: bearer(edge.adminToken) },
    { headers: basic(edge.adminToken) },
    { headers: basic(edge.adminToken, '') },
    { headers: basic(SECRET) },
    { headers: bearer(SECRET) },
    { path: `/${SECRET}` },
    { path: `/${SECRET}`, method: 'PUT' },
  ];
  for (const upload of good)
    t.is((await send({ ...upload, body: jpeg })).status, 200, JSON.stringify(upload));
});

test('a secret is good for the uploads of its own camera alone', async (t) => {
  const { edge, send, jpeg } = await start(t);
  const refused: Omit<Upload, 'body'>[] = [
    {},
    { headers: basic('wrong') },
    { headers: { Authorization: 'Basic Og==' } },
    { camera: 'yard', headers: basic(SECRET) },
  ];
  const unknown: Omit<Upload, 'body'>[] = [
    { camera: 'yard', path: `/${SECRET}` },
    { camera: 'drop', path: `/${SECRET}` },
    { camera: 'nowhere', path: `/${SECRET}` },
    { path: `/${SECRET}x` },
    { path: '/undefined' },
  ];
  for (const upload of unknown)
    t.is((await send({ ...upload, body: jpeg })).status, 404, JSON.stringify(upload));
  for (const upload of refused)
    t.is((await send({ ...upload, body: jpeg })).status, 401, JSON.stringify(upload));
  t.regex((await send({ body: jpeg })).challenge ?? '', /^Bearer, Basic realm="siteglass"$/);
  for (const path of ['/api/v1/cameras', '/api/v1/cameras/gate', '/api/v1/objectdetection/image'])
    for (const headers of [basic(SECRET), bearer(SECRET), basic(edge.adminToken)]) {
      const response = await fetch(edge.url + path, { headers });
      t.is(response.status, 401, path);
      t.notRegex(response.headers.get('WWW-Authenticate') ?? '', /Basic/);
    }
});

test('no metric shows the secret in a path', async (t) => {
  const { api, send, jpeg } = await start(t);
  await send({ path: `/${SECRET}`, body: jpeg });
  await send({ path: '/0123456789abcdefgh', body: jpeg });
  const text = (await api.get(t, '/metrics')).bytes.toString();
  t.notRegex(text, new RegExp(SECRET));
  t.notRegex(text, /0123456789abcdefgh/);
  t.regex(text, /route="[^"]*snapshots\/:secret"/);
});

test('an upload is told by its bytes, whatever the method and the type say', async (t) => {
  const { edge, send, jpeg } = await start(t);
  const types = ['image/jpeg', 'text/plain', 'application/x-www-form-urlencoded', 'x', undefined];
  for (const method of ['POST', 'PUT'] as const)
    for (const type of types) {
      const headers = { ...bearer(edge.adminToken), ...(type && { 'Content-Type': type }) };
      t.is((await send({ method, headers, body: jpeg })).status, 200, `${method} ${type}`);
    }
  const bom = Buffer.concat([Buffer.from('efbbbf0d0a', 'hex'), jpeg]);
  t.is((await send({ headers: bearer(edge.adminToken), body: bom })).status, 200);
});

test('a form is read as cameras write it', async (t) => {
  const { edge, send, jpeg } = await start(t);
  const forms: Record<string, [Buffer, Record<string, string>]> = {
    'as the RFC has it': [form(jpeg, `--b\r\n${IMAGE}`), FORM],
    'another field': [form(jpeg, `--b\r\n${IMAGE.replace('"image"', '"file"')}`), FORM],
    'no file name': [form(jpeg, '--b\r\nContent-Disposition: form-data; name=image\r\n\r\n'), FORM],
    'an XML part first': [form(jpeg, `${EVENT}--b\r\n${IMAGE}`), FORM],
    'no headers in the part': [form(jpeg, '--b\r\n\r\n'), FORM],
    'no end': [form(jpeg, `--b\r\n${IMAGE}`, ''), FORM],
    'no last line end': [form(jpeg, `--b\r\n${IMAGE}`, '\r\n--b--'), FORM],
    'line ends without CR': [form(jpeg, `--b\n${IMAGE.replaceAll('\r', '')}`, '\n--b--\n'), FORM],
    'a quoted boundary': [
      form(jpeg, `--b\r\n${IMAGE}`),
      { 'Content-Type': 'multipart/form-data;boundary="b"' },
    ],
    'single quotes': [
      form(jpeg, `--b\r\n${IMAGE}`),
      { 'Content-Type': "multipart/form-data; boundary='b'" },
    ],
    'hyphens in the announced boundary': [
      form(jpeg, `--b\r\n${IMAGE}`),
      { 'Content-Type': 'multipart/form-data; boundary=--b' },
    ],
    'another boundary than announced': [
      form(jpeg, `--c\r\n${IMAGE}`, '\r\n--c--\r\n'),
      { 'Content-Type': 'multipart/form-data; boundary=b' },
    ],
    'no hyphens before the boundary': [form(jpeg, `b\r\n${IMAGE}`, '\r\nb--\r\n'), FORM],
    'no boundary announced': [
      form(jpeg, `--b\r\n${IMAGE}`),
      { 'Content-Type': 'multipart/form-data' },
    ],
    'no type': [form(jpeg, `--b\r\n${IMAGE}`), {}],
    'multipart/mixed': [
      form(jpeg, `${EVENT}--b\r\nContent-Type: image/jpeg\r\n\r\n`),
      { 'Content-Type': 'multipart/mixed; boundary=b' },
    ],
    base64: [
      form(
        Buffer.from(jpeg.toString('base64')),
        `--b\r\nContent-Transfer-Encoding: base64\r\n${IMAGE}`,
      ),
      FORM,
    ],
  };
  for (const [name, [body, type]] of Object.entries(forms)) {
    const headers = { ...bearer(edge.adminToken), ...type };
    const { status, json } = await send({ headers, body });
    t.is(status, 200, `${name}: ${json.detail}`);
  }
});

test('a form without an image is refused, and so is a body that is none', async (t) => {
  const { edge, send } = await start(t);
  const code = async (body: string, type: Record<string, string>) => {
    const headers = { ...bearer(edge.adminToken), ...type };
    return (await send({ headers, body: Buffer.from(body) })).json.code;
  };
  t.is(await code(`${EVENT}--b--\r\n`, FORM), 'missing_image');
  t.is(await code('--b', FORM), 'missing_image');
  t.is(await code('hello', { 'Content-Type': 'text/plain' }), 'unsupported_request_type');
  t.is(await code('hello', JPEG), 'unsupported_image_kind');
  t.is(await code('', JPEG), 'missing_image');
});

test('a camera whose every upload is refused is not online, and its last error says why', async (t) => {
  const { edge, send, camera, jpeg } = await start(t);
  await send({ headers: basic('wrong'), body: jpeg });
  // Runs of the schedule have nothing to take.
  await sleep(2_500);
  t.like(await camera('gate'), { state: 'starting', failed: 1, taken: 0 });
  t.regex((await camera('gate')).lastError ?? '', /^an upload was refused: The token is unknown/);
  for (let i = 0; i < 3; i++)
    await send({ headers: bearer(SECRET), body: Buffer.from('no picture') });
  t.like(await camera('gate'), { state: 'starting', failed: 4 });
  for (let i = 0; i < 3; i++)
    await send({ headers: { ...bearer(SECRET), ...JPEG }, body: Buffer.from('no picture') });
  await sleep(1_500);
  t.like(await camera('gate'), { state: 'offline', failed: 7 });
  await send({ headers: basic(SECRET), body: jpeg });
  t.like(await camera('gate'), { state: 'online', lastError: null, taken: 1 });
  await send({ body: jpeg });
  t.like(
    await camera('gate'),
    { lastError: null, failed: 7 },
    'it may ask for the challenge first',
  );
  t.truthy(edge);
});

test('the document describes each way to upload', async (t) => {
  const { api } = await start(t);
  const { json } = await api.get<{
    paths: Record<string, Record<string, { security: object[]; description: string }>>;
  }>(t, '/openapi.json');
  const uploads = json.paths['/api/v1/cameras/{camera}/snapshots'];
  t.deepEqual(Object.keys(uploads ?? {}), ['post', 'put']);
  t.deepEqual(uploads?.put?.security, [{ token: [] }, { session: [] }]);
  t.regex(uploads?.put?.description ?? '', /pushSecret.*basic authentication/);
  const withSecret = json.paths['/api/v1/cameras/{camera}/snapshots/{secret}'];
  t.deepEqual(withSecret?.post?.security, []);
});
