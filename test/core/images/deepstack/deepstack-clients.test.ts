import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import anyTest, { type TestFn } from 'ava';
import type { DeepstackAnswer } from '../../../../core/contract/deepstack.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { BlueIris } from '../../../fakes/clients/blue-iris.js';
import { DeepstackException, HomeAssistant } from '../../../fakes/clients/home-assistant.js';
import {
  type ClientRequest,
  dotNetRequest,
  nodeRedRequest,
} from '../../../fakes/clients/other-clients.js';
import { type RunningEdge, startEdge } from '../../../support/edge.js';
import { renderScene } from '../../../support/render-scene.js';

interface Shared {
  /** With tokens, and without. */
  guarded: RunningEdge;
  open: RunningEdge;
  jpeg: Buffer;
  key: string;
}

const test = anyTest as TestFn<Shared>;
const SIZE = { width: 640, height: 360 };

test.before(async (t) => {
  const [guarded, open] = await Promise.all([startEdge(), startEdge(['http.auth=none'])]);
  const signs = [{ cx: 200, cy: 150, size: 110 }];
  const { jpeg } = await renderScene({ ...SIZE, seed: 1, signs });
  const key = await guarded.tokens.create('a client', 'operator');
  t.context = { guarded, open, jpeg, key };
});

test.after.always(async (t) => {
  await t.context.guarded?.stop();
  await t.context.open?.stop();
});

test('Home Assistant counts the objects of a camera, with a key and without', async (t) => {
  const { guarded, open, jpeg, key } = t.context;
  for (const options of [
    { url: guarded.url, apiKey: key },
    { url: guarded.url, apiKey: key, customModel: 'stop-sign' },
    { url: open.url },
  ]) {
    const objects = await new HomeAssistant(options).objects(jpeg, SIZE);
    t.deepEqual(
      objects.map(({ name }) => name),
      ['stop sign'],
    );
    const [sign] = objects;
    if (!sign) return;
    t.true(sign.confidence > 80 && sign.confidence <= 100);
    t.true(Math.abs(sign.box.left + sign.box.width / 2 - 200 / 640) < 0.03);
    t.true(Math.abs(sign.box.top + sign.box.height / 2 - 150 / 360) < 0.05);
  }
});

test('Home Assistant finds faces without names, and logs an error for a wrong key', async (t) => {
  const { guarded, jpeg, key } = t.context;
  t.deepEqual(await new HomeAssistant({ url: guarded.url, apiKey: key }).faces(jpeg), []);
  for (const apiKey of ['', 'sg_wrong', key.toLowerCase()]) {
    const wrong = new HomeAssistant({ url: guarded.url, apiKey });
    const error = await t.throwsAsync(wrong.objects(jpeg, SIZE), {
      instanceOf: DeepstackException,
    });
    t.regex(error.message, /status code: 401/);
  }
});

for (const http of ['1.0', '1.1'] as const)
  test(`Blue Iris confirms alerts over one connection, HTTP/${http}`, async (t) => {
    const { open, jpeg } = t.context;
    for (const minConfidence of ['0.4', '0,4', ',5', '0.40000']) {
      const iris = await BlueIris.start({ url: open.url, http, minConfidence });
      t.teardown(() => iris.stop());
      t.true(await iris.isServerThere());
      t.true((await iris.models()).includes('stop-sign'));
      for (const model of [undefined, 'stop-sign', 'Stop_Sign.pt']) {
        const { found } = await iris.confirm(jpeg, model);
        t.deepEqual(
          found.map(({ label }) => label),
          ['stop sign'],
        );
        t.true((found[0]?.percent ?? 0) > 80);
      }
      await t.throwsAsync(iris.confirm(jpeg, 'ipcam-combined'), {
        message: /AI error 400: unknown_detector: .*"ipcam-combined".*stop-sign-lbp/,
      });
      t.is((await iris.confirm(jpeg)).found.length, 1, 'the connection still serves');
    }
  });

test('Blue Iris with a key behind the image is let in, and with a wrong one is not', async (t) => {
  const { guarded, jpeg, key } = t.context;
  const iris = await BlueIris.start({ url: guarded.url, apiKey: key });
  t.teardown(() => iris.stop());
  t.is((await iris.confirm(jpeg)).found.length, 1);
  const wrong = await BlueIris.start({ url: guarded.url, apiKey: `${key}x` });
  t.teardown(() => wrong.stop());
  await t.throwsAsync(wrong.confirm(jpeg), {
    message: /AI error 401: unauthorized: Incorrect api key/,
  });
});

test('a curl script for DeepStack prints what is found, or the error', async (t) => {
  const { guarded, open, jpeg, key } = t.context;
  const image = join(guarded.dataFolder, 'sign.jpg');
  const text = join(guarded.dataFolder, 'text.jpg');
  await writeFile(image, jpeg);
  await writeFile(text, 'no image');
  const script = join(projectRoot(), 'test/fakes/clients/deepstack.sh');
  const run = (args: string[], env: Record<string, string> = {}) =>
    promisify(execFile)('sh', [script, ...args], { env: { PATH: process.env.PATH, ...env } });
  t.is((await run([open.url, image])).stdout, 'stop sign\n');
  t.is((await run([guarded.url, image], { KEY: key })).stdout, 'stop sign\n');
  const model = [guarded.url, image, 'stop-sign-lbp'];
  t.is((await run(model, { KEY: key, MIN_CONFIDENCE: '0.45' })).stdout, 'stop sign\n');
  const failing: [string[], Record<string, string>, RegExp][] = [
    [[guarded.url, image], {}, /^unauthorized: /],
    [[open.url, text], {}, /^unsupported_image_kind: /],
    [[open.url, image], { MIN_CONFIDENCE: '45' }, /^invalid_parameter: .*not a percentage/],
    [[open.url, image, 'unicorn'], {}, /^unknown_detector: /],
  ];
  for (const [args, env, stderr] of failing) {
    const error = await t.throwsAsync<Error & { stderr: string }>(run(args, env));
    t.regex(error.stderr, stderr);
  }
});

async function send(url: string, path: string, { headers, body }: ClientRequest) {
  const init = { method: 'POST', headers, body: new Uint8Array(body) };
  const response = await fetch(`${url}/v1/vision/${path}`, init);
  return { status: response.status, json: (await response.json()) as DeepstackAnswer };
}

test('Node-RED sends its key last; a program in .NET writes names without quotes', async (t) => {
  const { guarded, open, jpeg, key } = t.context;
  const nodeRed = nodeRedRequest(jpeg, { minConfidence: '0.45', apiKey: key });
  for (const path of ['detection', 'custom/stop-sign', 'face']) {
    const { status, json } = await send(guarded.url, path, nodeRed);
    t.is(status, 200);
    t.is(json.predictions.length, path === 'face' ? 0 : 1, path);
  }
  const dotNet = await send(open.url, 'detection', dotNetRequest(jpeg, { minConfidence: '0.35' }));
  t.is(dotNet.json.predictions[0]?.label, 'stop sign');
  t.is(dotNet.json.message, 'Found stop sign');
  const strict = await send(open.url, 'detection', dotNetRequest(jpeg, { minConfidence: '1' }));
  t.is(strict.json.count, 0, 'the confidence is read');
  t.is(strict.json.message, 'No objects found');
});
