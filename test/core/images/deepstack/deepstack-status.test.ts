import anyTest, { type TestFn } from 'ava';
import type {
  DeepstackAnswer,
  DeepstackError,
  DeepstackModels,
  DeepstackStatus,
  DeepstackUpdate,
} from '../../../../core/contract/deepstack.js';
import { programVersion } from '../../../../core/runtime/program-version.js';
import { ApiClient } from '../../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../../support/edge.js';
import { renderScene } from '../../../support/render-scene.js';

const test = anyTest as TestFn<{ edge: RunningEdge; anybody: ApiClient; api: ApiClient }>;

test.before(async (t) => {
  const edge = await startEdge();
  const anybody = await ApiClient.connect(edge.url);
  t.context = { edge, anybody, api: await ApiClient.connect(edge.url, edge.adminToken) };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test('a client learns without a token that the server is there, and its version', async (t) => {
  const { anybody } = t.context;
  for (const path of [
    '/v1/status',
    '/v1/status/ping',
    '/v1/server/status/ping',
    '/v1/status/version',
    '/v1/server/status/version',
    '/v1/status/ping/',
  ]) {
    const { status, json } = await anybody.get<DeepstackStatus>(t, path);
    t.is(status, 200, path);
    t.true(json.success);
    const { major, minor, patch } = json.version;
    t.is(json.message, programVersion());
    t.true(programVersion().startsWith(`${major}.${minor}.${patch}`));
  }
  const update = await anybody.get<DeepstackUpdate>(t, '/v1/server/status/updateavailable');
  t.false(update.json.updateAvailable);
  t.deepEqual(update.json.latest, update.json.current);
});

test('an answer has the fields and times of CodeProject.AI, the most confident objects first', async (t) => {
  const { api } = t.context;
  const signs = [
    { cx: 150, cy: 120, size: 60 },
    { cx: 400, cy: 200, size: 150 },
    { cx: 600, cy: 100, size: 40 },
  ];
  const { jpeg } = await renderScene({ width: 800, height: 450, seed: 4, signs });
  for (const path of [
    '/v1/vision/detection',
    '/v1/vision/custom/stop-sign',
    '/v1/vision/detection/',
  ]) {
    const { json } = await api.upload<DeepstackAnswer>(t, jpeg, {}, { path });
    const confidences = json.predictions.map(({ confidence }) => confidence);
    t.true(confidences.length >= 2, path);
    t.deepEqual(
      confidences,
      [...confidences].sort((a, b) => b - a),
    );
    t.like(json, {
      success: true,
      code: 200,
      count: confidences.length,
      moduleId: 'Siteglass',
      command: path.includes('custom') ? 'custom' : 'detect',
      executionProvider: 'CPU',
      canUseGPU: false,
    });
    t.true(json.inferenceMs <= json.processMs && json.processMs <= json.analysisRoundTripMs);
    t.is(json.duration, json.analysisRoundTripMs / 1000);
    t.false(Number.isNaN(Date.parse(json.timestampUTC)));
    // AI Tool takes any text in it for a failure.
    t.false('error' in json);
    t.is((await api.get(t, `/api/v1/objectdetection/image/${json.requestId}`)).status, 200);
    for (const { x_min, y_min, x_max, y_max } of json.predictions)
      t.true(
        0 <= x_min && x_min < x_max && x_max <= 800 && 0 <= y_min && y_min < y_max && y_max <= 450,
      );
  }
});

test('a name may have capitals, underscores or the extension of a file', async (t) => {
  const { api } = t.context;
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  for (const name of ['Stop-Sign', 'stop_sign', 'stop-sign.pt', 'STOP_SIGN_LBP.onnx']) {
    const path = `/v1/vision/custom/${name}`;
    t.is((await api.upload(t, jpeg, {}, { path })).status, 200, name);
  }
  const path = '/v1/vision/custom/stop-sing';
  const { status, json } = await api.upload<DeepstackError>(t, jpeg, {}, { path });
  t.is(status, 400);
  t.is(json.code, 400);
  t.regex(
    json.error,
    /^unknown_detector: .*"stop-sing".* Did you mean "stop-sign"\? Valid: .*face/,
  );
});

test('a call that is not offered says so, and what to call instead', async (t) => {
  const { api } = t.context;
  const calls: [path: string, error: RegExp][] = [
    ['/v1/vision/face/recognize', /not recognised by name here\. POST \/v1\/vision\/face /],
    ['/v1/vision/face/register', /not recognised by name/],
    ['/v1/vision/face/list', /not recognised by name/],
    ['/v1/vision/face/delete', /not recognised by name/],
    ['/v1/vision/face/match', /not recognised by name/],
    ['/v1/vision/scene', /Scenes are not recognised here/],
    ['/v1/vision/enhance', /not enhanced here/],
    ['/v1/image/alpr', /custom\/number-plate/],
    ['/v1/vision/alpr', /custom\/number-plate/],
    ['/v1/vision/addmodel', /Models are not managed here/],
    ['/v1/backup', /Models are not managed here/],
    ['/v1/sound/classify', /No resource has the path/],
    ['/v1/module/list', /No resource has the path/],
  ];
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  for (const [path, error] of calls) {
    const { status, json } = await api.upload<DeepstackError>(t, jpeg, {}, { path });
    t.is(status, 404, path);
    t.like(json, { success: false, code: 404 });
    t.regex(json.error, /^not_found: /);
    t.regex(json.error, error);
  }
});

test('the list of models names what is ready, in the form of CodeProject.AI', async (t) => {
  const { json } = await t.context.api.post<DeepstackModels>(t, '/v1/vision/custom/list');
  t.like(json, { success: true, code: 200, command: 'list-custom', moduleId: 'Siteglass' });
  t.true(json.models.includes('stop-sign'));
  t.false(json.models.includes('yolox-nano'), 'a model that is not downloaded');
});
