import test from 'ava';
import type { DeepstackError } from '../../../../core/contract/deepstack.js';
import { BlueIris } from '../../../fakes/clients/blue-iris.js';
import { DeepstackException, HomeAssistant } from '../../../fakes/clients/home-assistant.js';
import { startRelay } from '../../../support/relay.js';
import { renderScene } from '../../../support/render-scene.js';

const SIZE = { width: 640, height: 360 };
const signs = [{ cx: 200, cy: 150, size: 110 }];

test('clients of DeepStack use the public API with any key or none, within their quotas', async (t) => {
  const relay = await startRelay(['demo={ uploadsPerMinute: 4, requestsPerMinute: 4 }']);
  t.teardown(relay.stop);
  const { url } = relay;
  const { jpeg } = await renderScene({ ...SIZE, seed: 1, signs });
  for (const apiKey of ['', 'a key of another server']) {
    const objects = await new HomeAssistant({ url, apiKey }).objects(jpeg, SIZE);
    t.is(objects[0]?.name, 'stop sign');
  }
  const iris = await BlueIris.start({ url, minConfidence: '0,4' });
  t.teardown(() => iris.stop());
  t.true(await iris.isServerThere());
  t.true((await iris.models()).includes('stop-sign'));
  for (let i = 0; i < 2; i++) t.is((await iris.confirm(jpeg)).found.length, 1);

  const refused = await iris.send(jpeg);
  t.is(refused.status, 429);
  t.regex(refused.head, /^retry-after: \d+\r$/im);
  t.regex((JSON.parse(refused.text) as DeepstackError).error, /^rate_limited: /);
  await t.throwsAsync(new HomeAssistant({ url }).objects(jpeg, SIZE), {
    instanceOf: DeepstackException,
    message: /429/,
  });
  await iris.models();
  await iris.isServerThere();
  t.false(await iris.isServerThere(), 'the status has the quota of requests');
});
