import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { Problem } from '../../../../core/contract/problem.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { API, EMPTY, openStreet, SIGN, type Street } from '../../../edge/support/street.js';
import { eventually } from '../../../support/eventually.js';

const sample = (name: string) => readFile(join(projectRoot(), 'samples', name));

test('the newest picture has a fixed address, with its age, and 404 in words before the first', async (t) => {
  let ahead = 0;
  const { api, show } = await openStreet(t, { clock: () => Date.now() + ahead });
  const path = `${API}/cameras/gate/latest.jpg`;
  const none = await api.get<Problem>(t, path);
  t.is(none.status, 404);
  t.regex(none.json.detail ?? '', /has no analysed picture yet/);
  t.is((await api.get(t, `${API}/cameras/nothing/latest.jpg`)).status, 404);

  const [image = ''] = await show('gate', SIGN);
  ahead = 90_000;
  const first = await api.get(t, path);
  t.is(first.status, 200);
  t.deepEqual(first.bytes, await sample(SIGN));
  t.is(first.headers.get('Siteglass-Image'), image);
  const age = Number(first.headers.get('Siteglass-Picture-Age'));
  t.true(age >= 89 && age < 130, `${age}`);
  t.is(first.headers.get('Age'), first.headers.get('Siteglass-Picture-Age'));
  t.truthy(first.headers.get('Last-Modified'));
  const tag = first.headers.get('ETag') ?? '';
  t.is((await api.get(t, path, { 'If-None-Match': tag })).status, 304);

  const boxes = await api.get(t, `${path}?boxes=1`);
  t.notDeepEqual(boxes.bytes, first.bytes);
  t.not(boxes.headers.get('ETag'), tag);
  const small = await api.get(t, `${path}?boxes=true&width=200`);
  t.is((await sharp(small.bytes).metadata()).width, 200);
  t.is((await sharp((await api.get(t, `${path}?width=3840`)).bytes).metadata()).width, 960);
  t.is((await api.get(t, `${path}?width=1`)).status, 400);
  t.is((await api.get(t, `${path}?boxes=perhaps`)).status, 400);

  await show('gate', EMPTY);
  t.deepEqual((await api.get(t, path, { 'If-None-Match': tag })).bytes, await sample(EMPTY));
});

test('the picture before the newest one is shown when that was removed', async (t) => {
  const { api, show } = await openStreet(t);
  const [first, second] = await show('gate', SIGN, EMPTY);
  await api.delete(t, `${API}/objectdetection/image/${second}`);
  const latest = await api.get(t, `${API}/cameras/gate/latest.jpg`);
  t.is(latest.headers.get('Siteglass-Image'), first ?? '');
});

test('a thumbnail is small and upright, kept on the disk, and gone with its image', async (t) => {
  const { api, show } = await openStreet(t);
  const [image] = await show('gate', SIGN);
  const path = `${API}/objectdetection/image/${image}/thumbnail`;
  for (const [query, width] of [
    ['', 320],
    ['?width=160', 160],
    ['?width=640', 640],
  ] as const) {
    const { status, type, bytes } = await api.get(t, `${path}${query}`);
    t.is(status, 200);
    t.is(type, 'image/jpeg');
    t.is((await sharp(bytes).metadata()).width, width);
    t.deepEqual((await api.get(t, `${path}${query}`)).bytes, bytes);
  }
  t.is((await api.get(t, `${path}?width=200`)).status, 400);
  await api.delete(t, `${API}/objectdetection/image/${image}`);
  t.is((await api.get(t, path)).status, 404);
});

/** Reads a stream of pictures as a browser does: by the boundary and the length of each part. */
function readParts(t: ExecutionContext, { edge, auth }: Street, path: string) {
  const parts: { image: string; jpeg: Buffer }[] = [];
  let rest = Buffer.alloc(0);
  const ended = new Promise<void>((resolve) => {
    const sent = request(`${edge.url}${path}`, { headers: auth }, (res) => {
      const boundary = /boundary=(\S+)/.exec(res.headers['content-type'] ?? '')?.[1];
      t.truthy(boundary);
      res.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
          const start = rest.indexOf(`--${boundary}\r\n`);
          const end = rest.indexOf('\r\n\r\n');
          if (start < 0 || end < 0) return;
          const head = rest.subarray(start, end).toString();
          const length = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
          if (rest.length < end + 4 + length) return;
          const jpeg = rest.subarray(end + 4, end + 4 + length);
          parts.push({ image: /Siteglass-Image: (\S+)/.exec(head)?.[1] ?? '', jpeg });
          rest = rest.subarray(end + 4 + length);
        }
      });
      res.once('close', resolve);
    });
    sent.end();
    sent.once('error', () => resolve());
    t.teardown(() => sent.destroy());
  });
  return { parts, ended };
}

test('a wall display gets each new picture as motion JPEG, until the camera is removed or its token ends', async (t) => {
  const street = await openStreet(t);
  const { parts } = readParts(t, street, `${API}/cameras/gate/live.mjpeg?width=200&boxes=1`);
  const [first] = await street.show('gate', SIGN);
  await eventually('the first', () => parts.some(({ image }) => image === first));
  const [second] = await street.show('gate', EMPTY);
  await eventually('the second', () => parts.some(({ image }) => image === second));
  t.is((await sharp(parts[0]?.jpeg).metadata()).width, 200);
  const token = await street.edge.tokens.create('wall', 'viewer', { cameras: ['gate'] });
  const limited = { ...street, auth: { Authorization: `Bearer ${token}` } };
  const wall = readParts(t, limited, `${API}/cameras/gate/live.mjpeg`);
  await eventually('the newest', () => wall.parts.length > 0);
  await street.edge.tokens.remove('wall');
  await wall.ended;
  t.is((await street.api.get(t, `${API}/cameras/nothing/live.mjpeg`)).status, 404);
});
