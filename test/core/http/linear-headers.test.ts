import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { HOSTILE_TEXTS, superlinear } from '../../support/hostile-text.js';
import { type RunningRelay, startRelay } from '../../support/relay.js';

const test = anyTest as TestFn<{ edge: RunningEdge; relay: RunningRelay; image: string }>;
const IMAGE = '/api/v1/objectdetection/image';
/** All headers of a request have 16 KiB. */
const LENGTH = 14_400;

test.before(async (t) => {
  const edge = await startEdge();
  const relay = await startRelay(['http.trustProxy=true', 'demo.requestsPerMinute=1000000']);
  t.context = { edge, relay, image: '' };
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const form = new FormData();
  const sample = readFileSync(join(projectRoot(), 'samples', '4-two-signs.jpg'));
  form.set('image', new Blob([sample]), 'x.jpg');
  const { json } = await api.call<{ image: { id: string } }>(t, 'POST', IMAGE, { body: form });
  t.context.image = `${IMAGE}/${json.image.id}`;
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
  await t.context.relay?.stop();
});

interface Sent {
  url: string;
  path: string;
  headers: Record<string, string>;
  method?: string;
}

/** Resolves with the status; undefined if the server ended the connection. */
const send = ({ url, path, headers, method = 'GET' }: Sent): Promise<number | undefined> => {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    request({ host: hostname, port, path, headers, method, agent: false }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode));
    })
      .once('error', () => resolve(undefined))
      .end(method === 'POST' ? 'x' : undefined);
  });
};

const HEADERS: [header: string, method: 'GET' | 'POST', path: string, prefix?: string][] = [
  ...['If-None-Match', 'If-Modified-Since', 'If-Range'].map((header): [string, 'GET', string] => [
    header,
    'GET',
    'IMAGE',
  ]),
  ['Range', 'GET', 'IMAGE', 'bytes='],
  ['Accept', 'GET', '/docs'],
  ['Accept-Encoding', 'GET', '/openapi.json'],
  ['Cookie', 'GET', '/api/v1/site'],
  ['Origin', 'POST', IMAGE],
  ['Authorization', 'GET', '/api/v1/site', 'Bearer '],
  ['Authorization', 'POST', '/api/v1/cameras/gate/snapshots', 'Basic '],
  ['Content-Type', 'POST', IMAGE],
  ['Content-Type', 'POST', IMAGE, 'multipart/form-data; boundary='],
  ['Content-Type', 'POST', IMAGE, 'multipart/form-data; boundary="'],
  ['Content-Type', 'POST', '/v1/vision/detection', 'multipart/form-data; boundary='],
  ['Content-Type', 'POST', '/api/v1/objectdetection/detectors', 'application/json; charset='],
  ['Content-Disposition', 'POST', IMAGE],
  ['Prefer', 'POST', IMAGE],
  ['Last-Event-ID', 'POST', '/api/v1/events/stream'],
];

for (const [header, method, path, prefix = ''] of HEADERS)
  test.serial(
    `the work for ${header} grows no faster than its length: ${method} ${path} ${prefix}`,
    async (t) => {
      const { edge, image } = t.context;
      for (const [shape, text] of Object.entries(HOSTILE_TEXTS)) {
        const headers = { Authorization: `Bearer ${edge.adminToken}` };
        const work = (value: string) =>
          send({
            url: edge.url,
            path: path === 'IMAGE' ? image : path,
            method,
            headers: { ...headers, [header]: `${prefix}${value}` },
          });
        const fault = await superlinear(work, text, LENGTH);
        t.is(fault, undefined, `${shape}: ${fault}`);
      }
    },
  );

for (const header of ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded'])
  test.serial(`the work for ${header} of a proxy grows no faster than its length`, async (t) => {
    const { url } = t.context.relay;
    for (const [shape, text] of Object.entries(HOSTILE_TEXTS)) {
      const work = (value: string) => send({ url, path: IMAGE, headers: { [header]: value } });
      const fault = await superlinear(work, text, LENGTH);
      t.is(fault, undefined, `${shape}: ${fault}`);
    }
  });

const QUERIES = [
  ...['limit', 'after', 'label', 'camera', 'from', 'to', 'unknown'].map(
    (name) => `${IMAGE}?${name}=`,
  ),
  ...['after', 'camera', 'label', 'from'].map((name) => `/api/v1/sightings?${name}=`),
  '/v1/vision/custom/',
  '/api/v1/cameras/',
  `${IMAGE}/`,
  '/',
  '/docs/assets/',
];

for (const query of QUERIES)
  test.serial(
    `the work for a path or a query grows no faster than its length: ${query}`,
    async (t) => {
      const { edge } = t.context;
      for (const [shape, text] of Object.entries(HOSTILE_TEXTS)) {
        const headers = { Authorization: `Bearer ${edge.adminToken}` };
        const work = (value: string) => send({ url: edge.url, path: `${query}${value}`, headers });
        // An escape has three characters.
        const escaped = (length: number) => encodeURIComponent(text(length)).slice(0, length);
        const fault = await superlinear(work, escaped, LENGTH);
        t.is(fault, undefined, `${shape}: ${fault}`);
      }
    },
  );
