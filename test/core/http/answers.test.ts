import { request } from 'node:http';
import anyTest, { type TestFn } from 'ava';
import { z } from 'zod';
import type { Problem } from '../../../core/contract/problem.js';
import { parse } from '../../../core/http/route.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient }>;
const IMAGE = '/api/v1/objectdetection/image';

test.before(async (t) => {
  const edge = await startEdge();
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken) };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test('what does not exist is answered with a problem document', async (t) => {
  for (const path of ['/nothing', '/api/v1', '/api/v2/site', '/docs/assets/../../package.json']) {
    const { status, type, json } = await t.context.api.get<Problem>(t, path);
    t.is(status, 404, path);
    t.is(type, 'application/problem+json');
    t.is(json.code, 'not_found');
    t.is(json.status, 404);
    t.is(json.type, 'urn:siteglass:problem:not_found');
  }
});

test('a wrong method is answered with a problem document that names the allowed ones', async (t) => {
  const wrong: [string, string, string[]][] = [
    ['DELETE', IMAGE, ['GET', 'POST']],
    ['PUT', `${IMAGE}/01890000-0000-7000-8000-000000000000`, ['GET', 'DELETE']],
    ['POST', '/healthz', ['GET']],
    ['GET', '/v1/vision/face', ['POST']],
    ['PROPFIND', '/api/v1/site', ['GET']],
  ];
  for (const [method, path, allowed] of wrong) {
    const { status, json, headers } = await t.context.api.call<Problem>(t, method, path);
    t.is(status, 405, `${method} ${path}`);
    // The calls of DeepStack have a form of their own.
    const { code, error } = json as Problem & { error?: string };
    t.is(error?.split(':', 1)[0] ?? code, 'method_not_allowed');
    const named = (headers.get('Allow') ?? '').split(', ');
    for (const name of allowed) t.true(named.includes(name), `${path}: ${named}`);
    t.false(named.includes(method));
  }
});

/** Names that every plain object has. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];

test('a name that every object has is a name like any other', async (t) => {
  const { api } = t.context;
  for (const name of INHERITED) {
    for (const path of [
      `/docs/assets/${name}`,
      `/${name}`,
      `/api/v1/${name}`,
      `/v1/vision/${name}`,
    ])
      t.is((await api.get(t, path)).status, 404, path);
    const camera = await api.get(t, `/api/v1/cameras/${name}`);
    t.true([400, 404].includes(camera.status), `${name}: ${camera.status}`);
    for (const path of [IMAGE, '/api/v1/sightings', '/api/v1/detections'])
      t.is((await api.get(t, `${path}?${name}=1`)).status, 400, `${path}?${name}`);
    for (const query of [`camera=${name}`, `label=${name}`])
      t.is((await api.get(t, `${IMAGE}?${query}`)).status, 400, query);
    const form = new FormData();
    form.set('image', new Blob(['x']), 'x.jpg');
    form.set(name, '1');
    form.set('detector', name);
    const { status } = await api.call(t, 'POST', IMAGE, { body: form });
    t.is(status, 400, `${name} in a form`);
    const json = JSON.stringify({ [name]: 1, values: [{ key: name, value: [name] }] });
    const headers = { 'Content-Type': 'application/json' };
    const deepstack = await api.call(t, 'POST', '/v1/vision/detection', { body: json, headers });
    t.is(deepstack.status, 400, `${name} in JSON`);
    const custom = await api.call(t, 'POST', `/v1/vision/custom/${name}`, { body: form });
    t.is(custom.status, 400, `${name} as a detector`);
  }
});

test('a NUL character is refused in every part of a request', async (t) => {
  const { api } = t.context;
  const paths = [
    `${IMAGE}?after=%00`,
    `${IMAGE}?label=a%00b`,
    `${IMAGE}?%00=1`,
    `${IMAGE}/%00`,
    `${IMAGE}/01890000-0000-7000-8000-000000000000%00`,
    '/api/v1/sightings?after=%00',
    '/api/v1/cameras/gate%00',
    '/api/v1/detections?limit=1%00',
    '/docs/assets/%00',
    '/%00',
  ];
  for (const path of paths) {
    const { status, json } = await api.get<Problem>(t, path);
    t.is(status, 400, path);
    t.is(json.code, 'invalid_parameter');
    t.regex(json.detail ?? '', /NUL character/);
  }
  for (const field of ['label', 'detector', 'damaged', 'unknown']) {
    const form = new FormData();
    form.set('image', new Blob(['x']), 'x.jpg');
    form.set(field, 'a\0b');
    const { status, json } = await api.call<Problem>(t, 'POST', IMAGE, { body: form });
    t.is(status, 400, field);
    t.regex(json.detail ?? '', new RegExp(`^In the form: ${field}: has a NUL character`));
  }
  const body = JSON.stringify({ name: 'a\0b' });
  const headers = { 'Content-Type': 'application/json' };
  const added = await api.call<Problem>(t, 'POST', '/api/v1/objectdetection/detectors', {
    body,
    headers,
  });
  t.is(added.status, 400);
  t.regex(added.json.detail ?? '', /^In the body: name: has a NUL character/);
});

test('no other path than its own leads to the metrics', async (t) => {
  const { api } = t.context;
  t.is((await api.get(t, '/metrics')).status, 200);
  for (const path of [
    ...[
      '/metrics/',
      '/METRICS',
      '/Metrics',
      '//metrics',
      '/metrics//',
      '/%6detrics',
      '/metrics%2f',
    ],
    ...['/./metrics', '/x/../metrics', '/metrics;x', '/metrics%20', '/%2fmetrics', '/metrics/.'],
  ]) {
    // Not with fetch, which would make some of them the path itself.
    const status = await rawStatus(t.context.edge.url, t.context.edge.adminToken, path);
    t.is(status, 404, path);
  }
});

/** The status of a request whose path is sent as it is. */
function rawStatus(url: string, token: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` };
    request({ host: hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

test("a malformed path is the caller's error", async (t) => {
  const { status } = await t.context.api.get(t, '/api/v1/cameras/%E0%A4%A');
  t.true(status === 400 || status === 404, `${status}`);
});

test('HEAD answers as GET does, without a body', async (t) => {
  const { api } = t.context;
  const { status, headers, bytes } = await api.call(t, 'HEAD', '/openapi.json');
  t.is(status, 200);
  t.true(Number(headers.get('Content-Length')) > 1_000);
  t.is(bytes.length, 0);
});

test('the root is the console, from where the page for trying out the API is reached', async (t) => {
  const { url } = t.context.edge;
  const response = await fetch(url, { redirect: 'manual' });
  t.is(response.status, 200);
  t.regex(response.headers.get('Content-Type') ?? '', /^text\/html/);
  t.regex(await response.text(), /href="\/docs"/);
  t.is((await fetch(`${url}//`)).status, 404, 'no other path than its own');
});

test('the metrics count requests for each route, and never show their paths', async (t) => {
  const { api } = t.context;
  await api.get(t, `${IMAGE}/01890000-0000-7000-8000-00000000abcd`);
  const text = (await api.get(t, '/metrics')).bytes.toString();
  t.regex(
    text,
    /siteglass_http_request_duration_seconds_count\{method="GET",route="[^"]*:id",status="404"\} \d/,
  );
  t.notRegex(text, /00000000abcd/);
  t.regex(text, /siteglass_detection_workers|siteglass_detection_/);
});

test('an error in a body shows a path only if there is one', (t) => {
  const error = t.throws(() => parse(z.object({ id: z.string() }), 'text', 'body'));
  t.regex(error?.message ?? '', /^In the body: Invalid input: /);
  const named = t.throws(() => parse(z.object({ id: z.string() }), { id: 1 }, 'body'));
  t.regex(named?.message ?? '', /^In the body: id: /);
});
