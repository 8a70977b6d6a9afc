import { join } from 'node:path';
import test from 'ava';
import { runDoctor } from '../../../support/doctor.js';
import { startMosquitto } from '../../../support/mosquitto.js';
import { startRelay } from '../../../support/relay.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('a running relay with its own broker and SQLite has no problems', async (t) => {
  const relay = await startRelay();
  t.teardown(() => relay.stop());
  const { of } = await runDoctor(t, 'cloud-relay', [
    `dataFolder=${relay.dataFolder}`,
    `http.port=${relay.http.address.port}`,
  ]);
  t.deepEqual(of('service'), [`ok running at ${relay.url}`]);
  t.regex(of('database').join(), /^ok schema \d{4}_/);
  t.regex(of('detection').join(), /^ok worker ready/);
  t.deepEqual(of('broker'), ['ok embedded in the relay']);
  t.deepEqual(of('bucket'), ['ok none configured; images are in the data folder']);
});

test('an external database, bucket and broker are checked, and no password is printed', async (t) => {
  const mosquitto = await startMosquitto(t);
  const base = [`dataFolder=${join(await temporaryFolder(), 'data')}`, 'http.port=0'];
  const settings = [
    ...base,
    'database.url=postgres://relay:hunter2@127.0.0.1:1/siteglass',
    'files.s3={ bucket: siteglass, endpoint: "http://127.0.0.1:1", accessKeyId: AKIA, secretAccessKey: hunter2 }',
  ];
  const broker = (url: string) =>
    `mqtt={ external: { url: "${url}", username: relay, password: hunter2 } }`;
  const away = await runDoctor(t, 'cloud-relay', [...settings, broker('mqtt://127.0.0.1:1')], {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  t.is(away.code, 1);
  t.regex(away.of('database').join(), /^failure cannot connect to PostgreSQL: .*ECONNREFUSED/);
  t.regex(away.of('bucket').join(), /^failure the bucket siteglass cannot be used: /);
  t.regex(away.of('broker').join(), /^failure mqtt:\/\/127\.0\.0\.1:1 does not respond/);
  t.notRegex(away.output, /hunter2|AKIA/);
  const there = await runDoctor(t, 'cloud-relay', [...base, broker(mosquitto.url)]);
  t.is(there.of('broker').join(), `ok ${mosquitto.url} accepts relay`);
});
