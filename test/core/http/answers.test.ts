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

test('the root redirects to the page for trying out the API', async (t) => {
  const response = await fetch(t.context.edge.url, { redirect: 'manual' });
  t.is(response.status, 302);
  t.is(response.headers.get('Location'), '/docs');
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
