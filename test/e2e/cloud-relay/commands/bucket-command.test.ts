import test, { type ExecutionContext } from 'ava';
import type { S3Bucket } from '../../../../core/store/s3-file-store.js';
import { freePort } from '../../../support/free-port.js';
import { runToEnd } from '../../../support/program.js';
import { startRelay } from '../../../support/relay.js';
import { withS3 } from '../../../support/s3.js';

const newBucket = withS3(test);

const bucket = (t: ExecutionContext, s3: S3Bucket) =>
  runToEnd(t, 'cloud-relay', ['bucket', '--set', `files=${JSON.stringify({ s3 })}`], {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });

test('siteglass-relay bucket creates the bucket once, and then a relay can use it', async (t) => {
  const s3 = { ...(await newBucket()), bucket: 'pictures' };
  const settings = [`files=${JSON.stringify({ s3 })}`];
  await t.throwsAsync(startRelay(settings), { message: /the bucket pictures cannot be used/ });
  const made = await bucket(t, s3);
  t.like(made, { code: 0, output: 'The bucket pictures was created.', errors: '' });
  const again = await bucket(t, s3);
  t.like(again, { code: 0, output: 'The bucket pictures already exists.' });
  const relay = await startRelay(settings);
  await relay.stop();
  t.pass();
});

test('siteglass-relay bucket reports an error in one line', async (t) => {
  const without = await runToEnd(t, 'cloud-relay', ['bucket']);
  t.like(without, { code: 1, output: '' });
  t.regex(without.errors, /^siteglass-relay: no bucket is configured/);
  const s3 = { ...(await newBucket()), endpoint: `http://127.0.0.1:${await freePort()}` };
  const refused = await bucket(t, s3);
  t.is(refused.code, 1);
  t.regex(refused.errors, /^siteglass-relay: the bucket siteglass-test-\d+ cannot be created: /);
});
