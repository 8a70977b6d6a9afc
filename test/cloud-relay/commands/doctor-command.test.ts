import { join } from 'node:path';
import test from 'ava';
import { runDoctor } from '../../support/doctor.js';
import { temporaryFolder } from '../../support/edge.js';
import { startMosquitto } from '../../support/mosquitto.js';
import { startRelay } from '../../support/relay.js';

test('a relay that runs is found well, with its own broker and SQLite', async (t) => {
  const relay = await startRelay();
  t.teardown(() => relay.stop());
  const { of } = await runDoctor(t, 'cloud-relay', [
    `dataFolder=${relay.dataFolder}`,
    `http.port=${relay.http.address.port}`,
  ]);
  t.deepEqual(of('service'), [`ok running at ${relay.url}`]);
  t.regex(of('database').join(), /^ok schema \d{4}_/);
  t.regex(of('detection').join(), /^ok worker ready/);
  t.deepEqual(of('broker'), ['ok it is the relay’s own']);
  t.deepEqual(of('bucket'), ['ok none is configured: images are in the data folder']);
});

test('a database, a bucket and a broker elsewhere are tried, and no password is printed', async (t) => {
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
  t.regex(away.of('database').join(), /^failure PostgreSQL cannot be used: .*ECONNREFUSED/);
  t.regex(away.of('bucket').join(), /^failure the bucket siteglass cannot be used: /);
  t.regex(away.of('broker').join(), /^failure mqtt:\/\/127\.0\.0\.1:1 does not respond/);
  t.notRegex(away.output, /hunter2|AKIA/);
  const there = await runDoctor(t, 'cloud-relay', [...base, broker(mosquitto.url)]);
  t.is(there.of('broker').join(), `ok ${mosquitto.url} accepts relay`);
});
