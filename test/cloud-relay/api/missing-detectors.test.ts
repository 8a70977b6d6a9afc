import test from 'ava';
import type { Readiness } from '../../../core/http/readiness.js';
import { ApiClient } from '../../support/api-client.js';
import { startRelay } from '../../support/relay.js';

test('the relay is ready without a detector of its configuration, and says which one', async (t) => {
  const relay = await startRelay(['detection.defaultDetectors=[yolox-nano, stop-sing, face]']);
  t.teardown(() => relay.stop());
  const anybody = await ApiClient.connect(relay.url);
  const { status, json } = await anybody.get<Readiness>(t, '/readyz');
  t.is(status, 200);
  t.deepEqual(json.reasons, [
    'detection.defaultDetectors: the model of "yolox-nano" is not downloaded',
    'detection.defaultDetectors: there is no detector "stop-sing". Did you mean "stop-sign"?',
  ]);
});
