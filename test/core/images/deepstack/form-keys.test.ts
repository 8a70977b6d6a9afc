import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type {
  DeepstackAnswer,
  DeepstackError,
  DeepstackModels,
} from '../../../../core/contract/deepstack.js';
import { ApiClient } from '../../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { renderScene } from '../../../support/render-scene.js';

interface Shared {
  edge: RunningEdge;
  /** Without a token. */
  api: ApiClient;
  jpeg: Buffer;
  keys: { viewer: string; operator: string };
}

const test = anyTest as TestFn<Shared>;
const path = '/v1/vision/detection';

test.before(async (t) => {
  const limits = ['images.maxUploadMegabytes=1', 'images.maxUploadsUnderWayMegabytes=4'];
  const edge = await startEdge(limits);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  const keys = {
    viewer: await edge.tokens.create('a viewer', 'viewer'),
    operator: await edge.tokens.create('an operator', 'operator'),
  };
  t.context = { edge, api: await ApiClient.connect(edge.url), jpeg, keys };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test.serial('a token in the form counts as one in the header, with its role', async (t) => {
  const { api, jpeg, keys } = t.context;
  const asks = async (fields: Record<string, string>) => {
    const { status, json, headers } = await api.upload<DeepstackError>(t, jpeg, fields, { path });
    return { status, error: json.error, authenticate: headers.get('WWW-Authenticate') };
  };
  t.is((await asks({ api_key: keys.operator })).status, 200);
  t.is((await asks({ admin_key: keys.operator })).status, 200);
  t.is((await asks({ api_key: 'other', admin_key: keys.operator })).status, 200);
  t.like(await asks({ api_key: keys.viewer }), {
    status: 403,
    error: 'forbidden: A token with the role "operator" is required.',
  });
  const missing = await asks({});
  t.like(missing, { status: 401, authenticate: 'Bearer' });
  t.regex(
    missing.error,
    /^unauthorized: Send a token in the form field "api_key", or in the header/,
  );
  const wrong = await asks({ api_key: `${keys.operator}x` });
  t.like(wrong, { status: 401, error: 'unauthorized: Incorrect api key: the token is unknown.' });
});

test.serial('a token in the header counts alone, and one in the query never', async (t) => {
  const { api, jpeg, keys } = t.context;
  const fields = { api_key: keys.operator };
  const headers = { Authorization: 'Bearer sg_wrong' };
  t.is((await api.upload(t, jpeg, fields, { path, headers })).status, 401);
  const right = { Authorization: `Bearer ${keys.operator}` };
  t.is((await api.upload(t, jpeg, { api_key: 'x' }, { path, headers: right })).status, 200);
  const query = { path: `${path}?api_key=${keys.operator}` };
  t.is((await api.upload(t, jpeg, {}, query)).status, 401);
});

test.serial('the list of models takes a key in any form', async (t) => {
  const { api, keys } = t.context;
  const ask = (init: RequestInit) =>
    api.call<DeepstackModels>(t, 'POST', '/v1/vision/custom/list', init);
  const form = new FormData();
  form.append('api_key', keys.operator);
  const encoded = new URLSearchParams({ api_key: keys.operator });
  for (const body of [form, encoded, JSON.stringify({ api_key: keys.operator })])
    t.true((await ask({ body })).json.models.includes('face'));
  t.is((await ask({})).status, 401);
  t.is((await api.call(t, 'GET', '/v1/vision/custom/list')).status, 401);
});

test.serial('the time of the list of models counts from its request', async (t) => {
  const { edge, keys } = t.context;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const url = `${edge.url}/v1/vision/custom/list`;
  const slow = request(url, { method: 'POST', headers, agent: false });
  slow.write('api_key=');
  await setTimeout(200);
  const [response] = await once(slow.end(keys.operator), 'response');
  const answer = (await json(response)) as DeepstackModels;
  t.true(answer.analysisRoundTripMs >= 100, `${answer.analysisRoundTripMs}`);
});

test.serial('the confidence may be in the query; the form comes first', async (t) => {
  const { api, keys } = t.context;
  const signs = [{ cx: 200, cy: 150, size: 110 }];
  const { jpeg } = await renderScene({ width: 640, height: 360, seed: 1, signs });
  const count = async (query: string, fields: Record<string, string> = {}) => {
    const options = { path: path + query };
    const all = { ...fields, api_key: keys.operator };
    return (await api.upload<DeepstackAnswer>(t, jpeg, all, options)).json.count;
  };
  t.is(await count(''), 1);
  t.is(await count('?min_confidence=1,0'), 0);
  t.is(await count('?min_confidence=1', { min_confidence: '4e-1' }), 1);
});

test.serial('an image in base64 is searched with a key beside it', async (t) => {
  const { api, keys } = t.context;
  const signs = [{ cx: 200, cy: 150, size: 110 }];
  const { jpeg } = await renderScene({ width: 640, height: 360, seed: 1, signs });
  const image = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  const fields = { api_key: keys.operator, min_confidence: '0,4', image };
  for (const body of [new URLSearchParams(fields), JSON.stringify(fields)]) {
    const { json } = await api.call<DeepstackAnswer>(t, 'POST', path, { body });
    t.is(json.predictions[0]?.label, 'stop sign');
  }
});

test.serial('a file or base64 above the limit is refused with its size', async (t) => {
  const { api, keys } = t.context;
  const large = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(1_000_000)]);
  const file = await api.upload<DeepstackError>(t, large, { api_key: keys.operator }, { path });
  t.is(file.status, 413);
  t.is(file.json.error, 'too_many_bytes: An image may have 1000000 bytes.');
  const body = new URLSearchParams({ api_key: keys.operator, image: large.toString('base64') });
  t.is((await api.call(t, 'POST', path, { body })).status, 413);
});

/** Sends a part of a form and waits: its bytes stay in memory. */
async function stall(t: ExecutionContext, url: string, bytes: number): Promise<ClientRequest> {
  const headers = {
    'Content-Type': 'multipart/form-data; boundary=b',
    'Content-Length': 1_000_000,
  };
  const stalled = request(url + path, { method: 'POST', headers, agent: false });
  stalled.on('error', () => undefined);
  t.teardown(() => stalled.destroy());
  await new Promise((resolve) => stalled.write(Buffer.alloc(bytes, 65), resolve));
  return stalled;
}

test.serial(
  'callers without a token use a quarter of the memory; those with one go on',
  async (t) => {
    const { api, edge, jpeg, keys } = t.context;
    const fields = { api_key: keys.operator };
    const stalled = await stall(t, edge.url, 500_000);
    await eventually('an unknown caller is refused', async () => {
      const { status, json, headers } = await api.upload<DeepstackError>(
        t,
        Buffer.alloc(200_000, 1),
        {},
        { path },
      );
      if (status !== 503) return false;
      t.regex(json.error, /^uploads_full: /);
      t.is(headers.get('Retry-After'), '1');
      return true;
    });
    const headers = { Authorization: `Bearer ${keys.operator}` };
    t.is((await api.upload(t, jpeg, {}, { path, headers })).status, 200);
    stalled.destroy();
    await eventually('a key in the form is enough again', async () => {
      return (await api.upload(t, jpeg, fields, { path })).status === 200;
    });
  },
);
