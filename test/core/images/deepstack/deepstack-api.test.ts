import anyTest, { type TestFn } from 'ava';
import type {
  DeepstackAnswer,
  DeepstackError,
  DeepstackModels,
} from '../../../../core/contract/deepstack.js';
import { ApiClient } from '../../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../../support/edge.js';
import { renderScene } from '../../../support/render-scene.js';

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient }>;

test.before(async (t) => {
  const edge = await startEdge();
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken) };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

const sign = () =>
  renderScene({ width: 640, height: 360, seed: 1, signs: [{ cx: 200, cy: 150, size: 110 }] });

test('a DeepStack client gets the response format that it expects', async (t) => {
  const { api } = t.context;
  const { jpeg, boxes } = await sign();
  // A client sends fields of its own, too.
  const fields = { min_confidence: '0.5', api_key: 'x' };
  const { status, json } = await api.upload<DeepstackAnswer>(t, jpeg, fields, {
    path: '/v1/vision/detection',
  });
  t.is(status, 200);
  t.true(json.success);
  t.is(json.count, 1);
  const [found] = json.predictions;
  const [drawn] = boxes;
  if (!found || !drawn) return t.fail('nothing was found');
  t.is(found.label, 'stop sign');
  t.true(found.confidence >= 0.5);
  const x = (found.x_min + found.x_max) / 2;
  const y = (found.y_min + found.y_max) / 2;
  t.true(Math.abs(x - (drawn.x + drawn.width / 2)) < 15, 'in the middle of the sign');
  t.true(Math.abs(y - (drawn.y + drawn.height / 2)) < 15);
});

test('detections below the confidence that the client requests are left out', async (t) => {
  const { jpeg } = await sign();
  const { json } = await t.context.api.upload<DeepstackAnswer>(
    t,
    jpeg,
    { min_confidence: '1' },
    { path: '/v1/vision/detection' },
  );
  t.is(json.count, 0);
});

test('faces, and any detector by its name, have their own calls', async (t) => {
  const { jpeg } = await sign();
  const { api } = t.context;
  const face = await api.upload<DeepstackAnswer>(t, jpeg, {}, { path: '/v1/vision/face' });
  t.is(face.status, 200);
  const custom = await api.upload<DeepstackAnswer>(
    t,
    jpeg,
    {},
    { path: '/v1/vision/custom/stop-sign-lbp' },
  );
  t.is(custom.json.predictions[0]?.label, 'stop sign');
});

test('errors have the form that DeepStack clients read', async (t) => {
  const { api } = t.context;
  const path = '/v1/vision/detection';
  const { status, json } = await api.upload<DeepstackError>(
    t,
    Buffer.from('no image'),
    {},
    { path },
  );
  t.is(status, 415);
  t.false(json.success);
  t.true(json.error.startsWith('unsupported_image_kind:'));
  const unknown = await api.upload<DeepstackError>(
    t,
    (await sign()).jpeg,
    {},
    { path: '/v1/vision/custom/unicorn' },
  );
  t.is(unknown.status, 400);
  t.true(unknown.json.error.startsWith('unknown_detector:'));
});

test('the names that a client may ask for are listed, with and without a body', async (t) => {
  const { api } = t.context;
  const path = '/v1/vision/custom/list';
  const form = new FormData();
  form.append('api_key', 'x');
  for (const [method, options] of [
    ['GET', {}],
    ['POST', {}],
    ['POST', { body: form }],
  ] as const) {
    const { status, json } = await api.call<DeepstackModels>(t, method, path, options);
    t.is(status, 200);
    t.true(json.success);
    t.true(json.models.includes('stop-sign') && json.models.includes('face'));
  }
});

test('a confidence may have a comma; a percentage or a word is refused with what is expected', async (t) => {
  const { api } = t.context;
  const { jpeg } = await sign();
  const path = '/v1/vision/detection';
  const countWith = async (min_confidence: string) => {
    const { json } = await api.upload<DeepstackAnswer>(t, jpeg, { min_confidence }, { path });
    return json.count;
  };
  t.is(await countWith('0,45'), 1);
  t.is(await countWith('1,0'), 0);
  for (const min_confidence of ['45', '-1', 'abc', '0,4,5', '0x1']) {
    const { status, json } = await api.upload<DeepstackError>(
      t,
      jpeg,
      { min_confidence },
      { path },
    );
    t.is(status, 400, min_confidence);
    t.regex(json.error, /^invalid_parameter: .*min_confidence: expected a number from 0 to 1/);
  }
});

test('calls that there are not have the form of errors, too', async (t) => {
  const { api } = t.context;
  for (const path of ['face/list', 'face/recognize', 'scene', 'nothing'])
    for (const method of ['GET', 'POST'] as const) {
      const { status, json } = await api.call<DeepstackError>(t, method, `/v1/vision/${path}`, {});
      t.is(status, 404);
      t.false(json.success);
      t.regex(json.error, /^not_found: /);
    }
  const { json } = await api.call<DeepstackError>(t, 'GET', '/v1/vision/detection', {});
  t.regex(json.error, /^method_not_allowed: /);
});
